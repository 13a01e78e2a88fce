/// Why a policy keeps a snapshot.
package enum KeepReason: Hashable, Sendable, CustomStringConvertible {
    /// One of the newest; counted from 1.
    case last(Int)
    /// The newest of its hour, day, …; counted from 1 for the newest such period.
    case period(CalendarPeriod, Int)
    /// The oldest of all, where there are fewer periods than shall be kept.
    case oldest(CalendarPeriod)
    case within(RetentionSpan)
    case periodWithin(CalendarPeriod, RetentionSpan)
    case oldestWithin(CalendarPeriod, RetentionSpan)
    /// It has all of these tags, or, where there are none, has no tag at all.
    case tags([String])
    /// Its time has not come yet: some clock is wrong, and nothing can be said of its age.
    case future

    package var description: String {
        switch self {
        case .last(let number): "last snapshot \(number)"
        case .period(let period, let number): "\(period) snapshot \(number)"
        case .oldest(let period): "oldest \(period) snapshot"
        case .within(let span): "within \(span)"
        case .periodWithin(let period, let span): "\(period) within \(span)"
        case .oldestWithin(let period, let span): "oldest \(period) within \(span)"
        case .tags(let tags): tags.isEmpty ? "no tags" : "tags \(tags.joined(separator: ","))"
        case .future: "time in the future"
        }
    }
}
