import Glibc

/// Spans of time.
package enum DurationText {
    /// "12.3 s", "4 min 05 s", "1 h 02 min" or "3 d 04 h". Anything but a positive number is "0.0 s".
    package static func format(seconds: Double) -> String {
        guard seconds > 0, seconds < 1e15 else { return "0.0 s" }
        if seconds < 59.95 { return "\(Decimals.format(seconds, 1)) s" }
        let whole = UInt64(seconds.rounded())
        if whole < 3600 { return "\(whole / 60) min \(Decimals.padded(whole % 60, 2)) s" }
        let minutes = UInt64((seconds / 60).rounded())
        if minutes < 24 * 60 { return "\(minutes / 60) h \(Decimals.padded(minutes % 60, 2)) min" }
        let hours = UInt64((seconds / 3600).rounded())
        return "\(hours / 24) d \(Decimals.padded(hours % 24, 2)) h"
    }

    /// The span that "45s", "30m", "2h", "7d", "1w" or several such as "1h30m" stand for; `nil` for anything else and
    /// for more than 10,000 years.
    package static func parse(_ text: String) -> Duration? {
        var total: Int64 = 0
        var rest = text[...]
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let number = Int64(digits), let unit = rest.dropFirst(digits.count).first,
                let seconds = secondsOfUnit[unit], number <= limit / seconds
            else { return nil }
            total += number * seconds
            guard total <= limit else { return nil }
            rest = rest.dropFirst(digits.count + 1)
        }
        return .seconds(total)
    }

    private static let secondsOfUnit: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
    private static let limit: Int64 = 10_000 * 366 * 86_400
}

/// Points in time, in the zone of this machine or of `TZ`.
package enum LocalTime {
    /// "2026-11-21 01:05:29" of a Unix time in nanoseconds.
    package static func format(nanoseconds: Int64) -> String {
        let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        var seconds = time_t(remainder < 0 ? quotient - 1 : quotient)
        var parts = tm()
        // It fails only for years beyond Int32, which 64 bits of nanoseconds cannot reach.
        guard localtime_r(&seconds, &parts) != nil else { return "@\(seconds)" }
        let date = [Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday)]
        let time = [parts.tm_hour, parts.tm_min, parts.tm_sec]
        return Decimals.padded(date[0], 4) + date[1...].map { "-" + Decimals.padded($0, 2) }.joined()
            + " " + time.map { Decimals.padded($0, 2) }.joined(separator: ":")
    }
}
