/// Names that hold a date, such as `pg-2026-11-20.sql`: another one each night for what is the same.
///
/// Only whole dates count (`2026-11-20`, `20261120`, `2026/11/20`), with a time behind them if there is one (`T0105`,
/// `_01-05-29`): a year or month alone may well tell apart what shall stay apart.
enum DatedName {
    /// The name with `*` for each date.
    static func general(_ name: String) -> String {
        let bytes = Array(name.utf8)
        var result: [UInt8] = []
        var position = 0
        while position < bytes.count {
            let followsDigit = position > 0 && bytes[position - 1].isDigit
            if !followsDigit, let end = endOfDate(bytes[position...]) {
                result.append(UInt8(ascii: "*"))
                position = end
            } else {
                result.append(bytes[position])
                position += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func endOfDate(_ text: ArraySlice<UInt8>) -> Int? {
        var scan = Scan(rest: text)
        guard let year = scan.number(digits: 4), (1970...2199).contains(year) else { return nil }
        let separator = scan.take(anyOf: "-_./")
        guard let month = scan.number(digits: 2), (1...12).contains(month), scan.take(again: separator),
            let day = scan.number(digits: 2), (1...daysOf(month, year)).contains(day)
        else { return nil }
        var timed = scan
        if timed.takeTime() { return timed.rest.startIndex }
        return scan.isAtDigit ? nil : scan.rest.startIndex
    }

    private static func daysOf(_ month: Int, _ year: Int) -> Int {
        if month == 2 { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 }
        return [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// What of the name is still to be read.
    private struct Scan {
        var rest: ArraySlice<UInt8>

        var isAtDigit: Bool { rest.first?.isDigit ?? false }

        mutating func number(digits: Int) -> Int? {
            guard rest.count >= digits, rest.prefix(digits).allSatisfy(\.isDigit) else { return nil }
            defer { rest = rest.dropFirst(digits) }
            return rest.prefix(digits).reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        }

        /// Takes one of these characters; gives `nil` where there is none.
        mutating func take(anyOf characters: String) -> UInt8? {
            guard let first = rest.first, characters.utf8.contains(first) else { return nil }
            rest = rest.dropFirst()
            return first
        }

        /// Takes the separator that stood before, if there was one.
        mutating func take(again separator: UInt8?) -> Bool {
            guard let separator else { return true }
            guard rest.first == separator else { return false }
            rest = rest.dropFirst()
            return true
        }

        /// Takes hours, minutes and maybe seconds, and `Z` or an offset such as `+01:00` behind them.
        mutating func takeTime() -> Bool {
            _ = take(anyOf: "Tt_-. ")
            guard let hour = number(digits: 2), hour < 24 else { return false }
            let separator = take(anyOf: ":-_.")
            guard let minute = number(digits: 2), minute < 60 else { return false }
            var withSeconds = self
            if withSeconds.take(again: separator), let second = withSeconds.number(digits: 2), second <= 60 {
                self = withSeconds
            }
            var zoned = self
            if zoned.take(anyOf: "+-") != nil, zoned.number(digits: 2) != nil, zoned.take(anyOf: ":") != nil,
                zoned.number(digits: 2) != nil
            {
                self = zoned
            } else {
                _ = take(anyOf: "Zz")
            }
            return !isAtDigit
        }
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
