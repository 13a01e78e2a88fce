import Primitives

/// Which snapshots of a group to keep. A snapshot is kept if any of these rules keeps it.
package struct RetentionPolicy: Hashable, Sendable {
    /// The newest ones.
    package var last = KeepCount.none
    /// The newest of each hour, day, …; only such are counted as have a snapshot.
    package var periods: [CalendarPeriod: KeepCount] = [:]
    /// All in the time before the newest one.
    package var within: RetentionSpan?
    /// The newest of each hour, day, … in the time before the newest one of all.
    package var periodsWithin: [CalendarPeriod: RetentionSpan] = [:]
    /// All that have each tag of one of these lists; an empty list stands for snapshots without tags.
    package var tags: [[String]] = []

    package init() {}

    /// Whether it keeps nothing, whatever there is.
    package var keepsNothing: Bool {
        last == .none && periods.values.allSatisfy { $0 == .none } && within?.isZero ?? true
            && periodsWithin.values.allSatisfy(\.isZero) && tags.isEmpty
    }

    /// A snapshot and why it is kept; without reasons it is not.
    package struct Decision: Hashable, Sendable {
        package let snapshot: Snapshot
        package let reasons: [KeepReason]
    }

    /// Decides about the snapshots of one group; gives them oldest first.
    ///
    /// A snapshot with a time after `now` is kept and takes nobody's place: whoever made it, or whoever asks, has a wrong
    /// clock, and a policy that took such a time for the newest would remove all that was made since.
    package func decide(_ snapshots: [Snapshot], now: Timestamp, in zone: CalendarZone) -> [Decision] {
        let ordered = snapshots.sortedByTime()
        let past = ordered.prefix { $0.record.time <= now }
        var rules = RuleStates(self, newest: past.last?.record.time, zone)
        let decisions = past.reversed().map { snapshot in
            let reasons = rules.reasons(for: snapshot.record, isOldest: snapshot.id == past.first?.id)
            return Decision(snapshot: snapshot, reasons: reasons)
        }
        return decisions.reversed() + ordered.dropFirst(past.count).map { Decision(snapshot: $0, reasons: [.future]) }
    }
}

/// How far each rule has come, going from the newest snapshot to the oldest.
private struct RuleStates {
    private let policy: RetentionPolicy
    private let zone: CalendarZone
    private var lastCount = 0
    private var counted: [Period]
    private var spanned: [Period]
    private let start: Timestamp?

    /// A rule that keeps the newest of each period.
    private struct Period {
        let period: CalendarPeriod
        var limit = KeepCount.all
        /// After which moment a snapshot must lie, and how the span to the newest was given.
        var after: (start: Timestamp, span: RetentionSpan)?
        var count = 0
        var current: Int64?

        mutating func reason(at time: Timestamp, local: Int64, isOldest: Bool) -> KeepReason? {
            guard limit.hasRoom(after: count), after.map({ $0.start < time }) ?? true else { return nil }
            let number = period.number(of: local)
            if number != current {
                current = number
                count += 1
                return after.map { .periodWithin(period, $0.span) } ?? .period(period, count)
            }
            guard isOldest else { return nil }
            return after.map { .oldestWithin(period, $0.span) } ?? .oldest(period)
        }
    }

    init(_ policy: RetentionPolicy, newest: Timestamp?, _ zone: CalendarZone) {
        self.policy = policy
        self.zone = zone
        func start(_ span: RetentionSpan?) -> Timestamp? {
            guard let newest, let span, !span.isZero else { return nil }
            return span.start(before: newest, in: zone)
        }
        self.start = start(policy.within)
        counted = CalendarPeriod.allCases.compactMap { period in
            policy.periods[period].map { Period(period: period, limit: $0) }
        }
        spanned = CalendarPeriod.allCases.compactMap { period in
            guard let span = policy.periodsWithin[period], let start = start(span) else { return nil }
            return Period(period: period, after: (start, span))
        }
    }

    mutating func reasons(for record: SnapshotRecord, isOldest: Bool) -> [KeepReason] {
        let local = zone.localSeconds(of: record.time)
        var reasons: [KeepReason] = []
        if policy.last.hasRoom(after: lastCount) {
            lastCount += 1
            reasons.append(.last(lastCount))
        }
        for index in counted.indices {
            let reason = counted[index].reason(at: record.time, local: local, isOldest: isOldest)
            if let reason { reasons.append(reason) }
        }
        if let span = policy.within, let start, start < record.time { reasons.append(.within(span)) }
        for index in spanned.indices {
            let reason = spanned[index].reason(at: record.time, local: local, isOldest: isOldest)
            if let reason { reasons.append(reason) }
        }
        for tags in policy.tags
        where tags.isEmpty ? record.tags.isEmpty : tags.allSatisfy(record.tags.contains) {
            reasons.append(.tags(tags))
        }
        return reasons
    }
}
