/// Numbers of bytes in powers of 1024.
package enum ByteCount {
    private static let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]

    /// "512 B", "1.23 GiB", "12.3 MiB", "123 KiB": three digits, four only from 1000 to 1023.
    package static func format(_ count: UInt64) -> String {
        guard count >= 1024 else { return "\(count) B" }
        var value = Double(count)
        var unit = 0
        // What would be rounded to 1024 belongs to the next unit.
        while value >= 1023.5, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        // Nor may rounding give a fourth digit: 9.996 is 10.0, not 10.00.
        let decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
        return "\(Decimals.format(value, decimals)) \(units[unit])"
    }

    /// The bytes that "512", "32K", "4M", "4MiB" or "1g" stand for; `nil` for anything else and for 2⁶⁴ or more.
    package static func parse(_ text: String) -> UInt64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = UInt64(digits) else { return nil }
        let shift: UInt64
        switch text.dropFirst(digits.count).lowercased() {
        case "", "b": shift = 0
        case "k", "kib": shift = 10
        case "m", "mib": shift = 20
        case "g", "gib": shift = 30
        case "t", "tib": shift = 40
        case "p", "pib": shift = 50
        default: return nil
        }
        let (product, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
        return overflow ? nil : product
    }
}

/// Bytes in a time.
package enum Rate {
    /// "112 MiB/s"; "–" where no time has passed.
    package static func format(bytes: UInt64, seconds: Double) -> String {
        guard seconds > 0 else { return "–" }
        return ByteCount.format(UInt64(min(Double(bytes) / seconds, 1e18))) + "/s"
    }
}

/// Numbers with a fixed count of decimals.
enum Decimals {
    /// The value, not negative and below 10¹⁵, rounded to so many decimals.
    static func format(_ value: Double, _ decimals: Int) -> String {
        guard decimals > 0 else { return String(UInt64(value.rounded())) }
        var scale: UInt64 = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = UInt64((value * Double(scale)).rounded())
        return "\(scaled / scale)." + padded(scaled % scale, decimals)
    }

    /// The number with zeros in front where it has fewer digits.
    static func padded(_ number: some BinaryInteger, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
