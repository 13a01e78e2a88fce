import Primitives
import SeededData
import Snapshots
import TestSupport
import Testing

/// What policies keep, and why: restic's rules where the names are restic's.
struct RetentionPolicyTests {
    @Test(arguments: RetentionTables.counts + RetentionTables.spans + RetentionTables.zones)
    func keepsWithReasons(_ one: RetentionTables.Case) throws {
        let snapshots = try one.expected.map { try RetentionFixtures.snapshot($0.time) }
        // The order in which they are given does not matter.
        for given in [snapshots, snapshots.reversed()] {
            let decisions = try RetentionFixtures.policy(one.policy).decide(
                given, now: try RetentionFixtures.time("2100-01-01T00:00"), in: one.zone)
            #expect(decisions.map(\.snapshot) == snapshots)
            for (decision, expected) in zip(decisions, one.expected) {
                let reasons = decision.reasons.map(\.description).joined(separator: ", ")
                #expect(reasons == expected.reasons, "\(one.testDescription): \(expected.time)")
            }
        }
    }

    @Test func tagsKeepWhateverTheAge() throws {
        let snapshots = try [
            ("2020-01-01T00:00", ["keep"]), ("2021-01-01T00:00", ["a", "b"]), ("2022-01-01T00:00", ["b"]),
            ("2023-01-01T00:00", []), ("2024-01-01T00:00", ["keep", "a", "b"]),
        ].map { try RetentionFixtures.snapshot($0.0, tags: $0.1) }
        func reasons(_ policy: String) throws -> [String] {
            let now = try RetentionFixtures.time("2026-01-01T00:00")
            return try RetentionFixtures.policy(policy).decide(snapshots, now: now, in: .utc).map {
                $0.reasons.map(\.description).joined(separator: "; ")
            }
        }
        #expect(try reasons("tag=keep") == ["tags keep", "", "", "", "tags keep"])
        #expect(try reasons("tag=a,b") == ["", "tags a,b", "", "", "tags a,b"])
        #expect(try reasons("tag=keep tag=b") == ["tags keep", "tags b", "tags b", "", "tags keep; tags b"])
        #expect(try reasons("tag=") == ["", "", "", "no tags", ""])
    }

    @Test func theLargerNameIsTheLaterOfEqualTimes() throws {
        let snapshots = try [3, 1, 2].map { try RetentionFixtures.snapshot("2026-11-20T01:00", name: $0) }
        let now = try RetentionFixtures.time("2026-11-21T00:00")
        let decisions = try RetentionFixtures.policy("last=1 daily=1").decide(snapshots, now: now, in: .utc)
        #expect(decisions.map(\.snapshot) == [snapshots[1], snapshots[2], snapshots[0]])
        #expect(decisions.map(\.reasons.count) == [0, 0, 2])
    }

    @Test func theFutureTakesNobodysPlace() throws {
        let times = ["2026-11-18T01:00", "2026-11-19T01:00", "2026-11-20T01:00", "2036-11-20T01:00"]
        let snapshots = try times.map { try RetentionFixtures.snapshot($0) }
        for policy in ["last=1", "daily=1", "within=1h", "within-daily=1h"] {
            let now = try RetentionFixtures.time("2026-11-20T01:00")
            let decisions = try RetentionFixtures.policy(policy).decide(snapshots, now: now, in: .utc)
            #expect(decisions.map { !$0.reasons.isEmpty } == [false, false, true, true], "\(policy)")
            #expect(decisions[3].reasons == [.future])
            // A clock that is behind by years takes all for the future, and nothing goes.
            let early = try RetentionFixtures.policy(policy).decide(
                snapshots, now: try RetentionFixtures.time("2016-01-01T00:00"), in: .utc)
            #expect(early.allSatisfy { $0.reasons == [.future] })
        }
    }

    @Test func policiesThatKeepNothingAreKnown() throws {
        for text in ["", "last=0", "daily=0 weekly=0", "within=0d", "within-daily=0h last=0"] {
            #expect(try RetentionFixtures.policy(text).keepsNothing, "\(text)")
        }
        for text in ["last=1", "yearly=unlimited", "within=1h", "within-daily=1d", "tag=a", "tag="] {
            #expect(try !RetentionFixtures.policy(text).keepsNothing, "\(text)")
        }
    }

    /// Whatever the times: the policy keeps as many days as it says, keeps no more when more rules go, and another run right
    /// afterwards finds nothing to remove.
    @Test(arguments: 1...40)
    func rulesHoldForAnyTimes(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let end = try RetentionFixtures.time("2026-11-20T01:00").seconds
        let spread = [86_400, 86_400 * 30, 86_400 * 2000][seed % 3]
        let snapshots = try (0..<Int.random(in: 1...80, using: &random)).map { index in
            let time = Timestamp(seconds: end - Int64.random(in: 0..<Int64(spread), using: &random), nanoseconds: 0)
            return try RetentionFixtures.snapshot(String(time.rfc3339.dropLast()), name: UInt64(index))
        }
        func kept(_ policy: String, of snapshots: [Snapshot]) throws -> Set<Snapshot> {
            let now = Timestamp(seconds: end, nanoseconds: 0)
            let decisions = try RetentionFixtures.policy(policy).decide(
                snapshots, now: now, in: RetentionFixtures.berlin)
            return Set(decisions.filter { !$0.reasons.isEmpty }.map(\.snapshot))
        }
        let rules = [
            "last=2", "hourly=5", "daily=4", "weekly=3", "monthly=3", "yearly=2", "within=3d", "within-daily=2w",
        ]
        for (number, rule) in rules.enumerated() {
            let alone = try kept(rule, of: snapshots)
            let together = try kept(rules[...number].joined(separator: " "), of: snapshots)
            #expect(alone.isSubset(of: together))
            #expect(alone.contains(try #require(snapshots.sortedByTime().last)))
            #expect(try kept(rule, of: Array(alone)) == alone)
            #expect(try kept(rules[...number].joined(separator: " "), of: Array(together)) == together)
        }
        let days = Set(snapshots.map { String($0.record.time.rfc3339.prefix(10)) })
        let dailyInUTC = try RetentionFixtures.policy("daily=4").decide(
            snapshots, now: Timestamp(seconds: end, nanoseconds: 0), in: .utc
        ).filter { $0.reasons.contains { "\($0)".hasPrefix("daily") } }
        #expect(dailyInUTC.count == min(4, days.count))
        #expect(
            Set(dailyInUTC.map { String($0.snapshot.record.time.rfc3339.prefix(10)) }) == Set(days.sorted().suffix(4)))
    }
}
