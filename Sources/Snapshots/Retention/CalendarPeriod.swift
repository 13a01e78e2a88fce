import Primitives

/// A span between natural boundaries of the calendar.
package enum CalendarPeriod: String, Hashable, Sendable, CaseIterable {
    case hourly, daily, weekly, monthly, yearly

    /// Which hour, day, week (from Monday, as in ISO 8601), month or year a moment lies in: a number for each.
    ///
    /// - Parameter local: the local time, from ``CalendarZone/localSeconds(of:)``.
    func number(of local: Int64) -> Int64 {
        let day = local.floored(by: 86_400)
        switch self {
        case .hourly: return local.floored(by: 3600)
        case .daily: return day
        // 1970 began on a Thursday.
        case .weekly: return (day + 3).floored(by: 7)
        case .monthly:
            let (year, month, _) = Timestamp.civil(fromDays: day)
            return year * 12 + month - 1
        case .yearly: return Timestamp.civil(fromDays: day).year
        }
    }
}

extension Int64 {
    /// The quotient rounded down.
    func floored(by divisor: Int64) -> Int64 { (self - ((self % divisor) + divisor) % divisor) / divisor }
}
