import Glibc
import Primitives

/// A time zone, as the distance of local time from UTC at any moment.
package struct CalendarZone: Sendable {
    /// Seconds to add to UTC, at so many seconds since 1970.
    private let offset: @Sendable (_ seconds: Int64) -> Int64

    package init(offset: @escaping @Sendable (_ seconds: Int64) -> Int64) { self.offset = offset }

    package static let utc = CalendarZone { _ in 0 }

    /// The zone of this process: of `TZ`, else of the machine.
    package static let system = CalendarZone { seconds in
        var time = time_t(seconds)
        var parts = tm()
        // It fails only for years beyond Int32.
        guard localtime_r(&time, &parts) != nil else { return 0 }
        return Int64(parts.tm_gmtoff)
    }

    /// What a clock on the wall shows, as if it were seconds since 1970 in UTC.
    func localSeconds(of time: Timestamp) -> Int64 { time.seconds + offset(time.seconds) }

    /// The inverse of ``localSeconds(of:)``. A time that the clock skips lies as long after the skip as it says; of two moments
    /// with the same local time it is one.
    func seconds(fromLocal local: Int64) -> Int64 { local - offset(local - offset(local)) }
}
