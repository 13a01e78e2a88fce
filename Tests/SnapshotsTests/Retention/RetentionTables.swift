import Snapshots
import Testing

/// Snapshots by their times, policies, and what these keep, and why.
enum RetentionTables {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let policy: String
        let zone: CalendarZone
        /// Each time with the reasons to keep it; none where it goes.
        let expected: [(time: String, reasons: String)]

        init(_ what: String, _ policy: String, in zone: CalendarZone = .utc, _ expected: KeyValuePairs<String, String>)
        {
            testDescription = what
            self.policy = policy
            self.zone = zone
            self.expected = expected.map { ($0.key, $0.value) }
        }
    }

    static let counts: [Case] = [
        Case(
            "the newest", "last=2",
            [
                "2026-11-18T01:00": "", "2026-11-19T01:00": "last snapshot 2", "2026-11-20T01:00": "last snapshot 1",
            ]),
        Case(
            "the newest of each day", "daily=2",
            [
                "2026-11-18T23:59:59": "", "2026-11-19T00:00": "", "2026-11-19T23:59:59.999999999": "daily snapshot 2",
                "2026-11-20T00:00": "", "2026-11-20T12:00": "daily snapshot 1",
            ]),
        Case(
            "days without a snapshot do not count", "daily=3",
            [
                "2024-01-01T05:00": "", "2026-01-10T01:00": "daily snapshot 3", "2026-07-04T01:00": "daily snapshot 2",
                "2026-11-20T01:00": "daily snapshot 1",
            ]),
        Case(
            "the oldest stays where there are fewer days", "daily=3",
            [
                "2026-11-19T01:00": "oldest daily snapshot", "2026-11-19T02:00": "",
                "2026-11-19T03:00": "daily snapshot 2",
                "2026-11-20T01:00": "daily snapshot 1",
            ]),
        Case(
            "the oldest goes where there are days enough", "daily=2",
            [
                "2026-11-19T01:00": "", "2026-11-19T03:00": "daily snapshot 2", "2026-11-20T01:00": "daily snapshot 1",
            ]),
        Case(
            "all days", "daily=unlimited",
            [
                "2026-11-18T01:00": "oldest daily snapshot", "2026-11-18T02:00": "daily snapshot 2",
                "2026-11-20T01:00": "daily snapshot 1",
            ]),
        Case("all", "last=-1", ["2026-11-18T01:00": "last snapshot 2", "2026-11-18T02:00": "last snapshot 1"]),
        Case(
            "hours", "hourly=2",
            [
                "2026-11-20T00:59:59": "", "2026-11-20T01:00": "", "2026-11-20T01:59": "hourly snapshot 2",
                "2026-11-20T03:00": "hourly snapshot 1",
            ]),
        Case(
            "ISO weeks run from Monday, over the turn of the year", "weekly=2",
            [
                "2026-12-27T12:00": "", "2026-12-28T12:00": "", "2026-12-31T12:00": "",
                "2027-01-03T23:59": "weekly snapshot 2",
                "2027-01-04T00:00": "weekly snapshot 1",
            ]),
        Case(
            "the year has 53 weeks", "weekly=3",
            [
                "2020-12-20T12:00": "", "2020-12-27T12:00": "weekly snapshot 3",
                "2021-01-03T12:00": "weekly snapshot 2",
                "2021-01-10T12:00": "weekly snapshot 1",
            ]),
        Case(
            "months, with a leap day", "monthly=2 daily=1",
            [
                "2024-01-31T01:00": "", "2024-02-28T01:00": "", "2024-02-29T01:00": "monthly snapshot 2",
                "2024-03-01T01:00": "daily snapshot 1, monthly snapshot 1",
            ]),
        Case(
            "the same month of another year", "monthly=2",
            [
                "2024-11-20T01:00": "", "2025-11-20T01:00": "monthly snapshot 2",
                "2026-11-20T01:00": "monthly snapshot 1",
            ]),
        Case(
            "years", "yearly=2",
            [
                "2023-12-31T01:00": "", "2024-02-29T01:00": "", "2024-12-31T23:59": "yearly snapshot 2",
                "2026-01-01T00:00": "yearly snapshot 1",
            ]),
        Case(
            "before 1970", "daily=2",
            [
                "1969-12-30T23:00": "", "1969-12-31T23:00": "daily snapshot 2", "1970-01-01T00:00": "daily snapshot 1",
            ]),
        Case(
            "any rule is enough, and all are told", "last=1 daily=2 weekly=2",
            [
                "2026-11-12T01:00": "", "2026-11-15T01:00": "weekly snapshot 2", "2026-11-18T01:00": "",
                "2026-11-19T01:00": "daily snapshot 2",
                "2026-11-20T01:00": "last snapshot 1, daily snapshot 1, weekly snapshot 1",
            ]),
    ]

    static let spans: [Case] = [
        Case(
            "within is counted from the newest, and its edge is outside", "within=2d",
            [
                "2025-11-18T01:00": "", "2025-11-18T01:00:00.000000001": "within 2d", "2025-11-20T01:00": "within 2d",
            ]),
        Case(
            "weeks, days and hours", "within=1w1d1h",
            [
                "2026-11-12T00:00": "", "2026-11-12T00:01": "within 1w1d1h", "2026-11-20T01:00": "within 1w1d1h",
            ]),
        Case(
            "a month before the 31st", "within=1m",
            [
                "2026-03-03T01:00": "", "2026-03-03T01:01": "within 1m", "2026-03-31T01:00": "within 1m",
            ]),
        Case(
            "a month before the 31st in a leap year", "within=1m",
            [
                "2024-03-02T01:00": "", "2024-03-02T01:01": "within 1m", "2024-03-31T01:00": "within 1m",
            ]),
        Case(
            "a year before a leap day", "within=1y",
            [
                "2023-03-01T01:00": "", "2023-03-01T01:01": "within 1y", "2024-02-29T01:00": "within 1y",
            ]),
        Case(
            "months over the turn of the year", "within=14m",
            [
                "2024-12-20T01:00": "", "2024-12-20T01:01": "within 14m", "2026-02-20T01:00": "within 14m",
            ]),
        Case(
            "more than there ever was", "within=10000y",
            [
                "1700-01-01T00:00": "within 10000y", "2026-02-20T01:00": "within 10000y",
            ]),
        Case(
            "days of a span", "within-daily=2d",
            [
                "2026-11-18T01:00": "", "2026-11-18T02:00": "daily within 2d", "2026-11-19T01:00": "",
                "2026-11-19T02:00": "daily within 2d", "2026-11-20T01:00": "daily within 2d",
            ]),
        Case(
            "the oldest in a span that is longer than all", "within-weekly=1y",
            [
                "2026-11-16T01:00": "oldest weekly within 1y", "2026-11-17T01:00": "",
                "2026-11-20T01:00": "weekly within 1y",
            ]),
        Case(
            "shorter spans, finer steps", "within-hourly=3h within-daily=3d within-monthly=1y within-yearly=9y",
            [
                "2024-06-01T01:00": "oldest yearly within 9y", "2024-12-31T01:00": "yearly within 9y",
                "2026-09-29T01:00": "",
                "2026-09-30T01:00": "monthly within 1y", "2026-11-17T12:00": "", "2026-11-17T13:00": "daily within 3d",
                "2026-11-20T11:10": "", "2026-11-20T11:50": "hourly within 3h",
                "2026-11-20T12:00": "hourly within 3h, daily within 3d, monthly within 1y, yearly within 9y",
            ]),
        Case(
            "a span of nothing keeps nothing", "within=0d last=1",
            [
                "2026-11-20T00:00": "", "2026-11-20T01:00": "last snapshot 1",
            ]),
    ]

    static let zones: [Case] = [
        Case(
            "the day ends at midnight in Berlin", "daily=1", in: RetentionFixtures.berlin,
            [
                "2026-11-19T22:59": "", "2026-11-19T23:00": "", "2026-11-20T22:59": "daily snapshot 1",
            ]),
        Case(
            "two days in Berlin", "daily=2", in: RetentionFixtures.berlin,
            [
                "2026-11-19T22:59": "daily snapshot 2", "2026-11-19T23:00": "", "2026-11-20T22:59": "daily snapshot 1",
            ]),
        Case(
            "two days in UTC are one in New York", "daily=2 hourly=0", in: RetentionFixtures.zone(hours: -5),
            [
                "2026-11-18T01:00": "daily snapshot 2", "2026-11-19T22:00": "", "2026-11-20T04:59": "daily snapshot 1",
            ]),
        Case(
            "weeks, months and years turn by local time", "weekly=2 monthly=2 yearly=2",
            in: RetentionFixtures.zone(hours: 13),
            [
                "2022-12-31T10:59": "monthly snapshot 2, yearly snapshot 2", "2023-01-01T10:59": "weekly snapshot 2",
                "2023-01-01T11:00": "weekly snapshot 1, monthly snapshot 1, yearly snapshot 1",
            ]),
        Case(
            "an hour that comes twice is one", "hourly=2", in: RetentionFixtures.berlin,
            [
                "2026-10-24T23:59": "hourly snapshot 2", "2026-10-25T00:30": "",
                "2026-10-25T01:30": "hourly snapshot 1",
            ]),
        Case(
            "an hour that is left out is none", "hourly=2", in: RetentionFixtures.berlin,
            [
                "2026-03-29T00:10": "", "2026-03-29T00:30": "hourly snapshot 2",
                "2026-03-29T01:30": "hourly snapshot 1",
            ]),
        Case(
            "the day that summer time begins has 23 hours", "within=1d", in: RetentionFixtures.berlin,
            [
                "2026-03-28T11:00": "", "2026-03-28T11:01": "within 1d", "2026-03-29T10:00": "within 1d",
            ]),
        Case(
            "24 hours are 24 hours", "within=24h", in: RetentionFixtures.berlin,
            [
                "2026-03-28T10:00": "", "2026-03-28T10:01": "within 24h", "2026-03-29T10:00": "within 24h",
            ]),
        Case(
            "a day before a time that the clock leaves out", "within=1d", in: RetentionFixtures.berlin,
            [
                "2026-03-29T01:30": "", "2026-03-29T01:31": "within 1d", "2026-03-30T00:30": "within 1d",
            ]),
        Case(
            "half a year before, in the other time", "within=6m", in: RetentionFixtures.berlin,
            [
                "2026-05-20T00:00": "", "2026-05-20T00:01": "within 6m", "2026-11-20T01:00": "within 6m",
            ]),
    ]
}
