import Primitives

/// A span of calendar time, such as "2y5m7d3h". Unlike a duration its length depends on where it ends.
package struct RetentionSpan: Hashable, Sendable, CustomStringConvertible {
    private var years: Int64 = 0
    private var months: Int64 = 0
    private var weeks: Int64 = 0
    private var days: Int64 = 0
    private var hours: Int64 = 0

    private static let units: [(letter: Character, field: WritableKeyPath<RetentionSpan, Int64> & Sendable)] = [
        ("y", \.years), ("m", \.months), ("w", \.weeks), ("d", \.days), ("h", \.hours),
    ]
    /// The largest number of one unit; any time in reach of a ``Timestamp`` lies closer.
    private static let limit: Int64 = 10_000_000

    /// Reads numbers of years, months, weeks, days and hours, each unit once; `nil` for anything else.
    package init?(parsing text: String) {
        var rest = text[...]
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            let letter = rest.dropFirst(digits.count).first
            guard let number = Int64(digits), number <= RetentionSpan.limit,
                let unit = RetentionSpan.units.first(where: { $0.letter == letter }), self[keyPath: unit.field] == 0
            else { return nil }
            self[keyPath: unit.field] = number
            rest = rest.dropFirst(digits.count + 1)
        }
    }

    package var isZero: Bool { RetentionSpan.units.allSatisfy { self[keyPath: $0.field] == 0 } }

    package var description: String {
        RetentionSpan.units.map { unit in
            let number = self[keyPath: unit.field]
            return number == 0 ? "" : "\(number)\(unit.letter)"
        }.joined()
    }

    /// The moment that lies this span before `time`: years, months, weeks and days by the calendar of `zone`, then hours.
    ///
    /// A day that its month lacks is as many days into the next: a month before 31 March is 3 March, or 2 March of a leap year.
    func start(before time: Timestamp, in zone: CalendarZone) -> Timestamp {
        let local = zone.localSeconds(of: time)
        let day = local.floored(by: 86_400)
        let date = Timestamp.civil(fromDays: day)
        let month = (date.year - years) * 12 + date.month - 1 - months
        let year = month.floored(by: 12)
        let start = Timestamp.days(year, month - year * 12 + 1, date.day - days - weeks * 7)
        let seconds = zone.seconds(fromLocal: start * 86_400 + local - day * 86_400) - hours * 3600
        return Timestamp(seconds: seconds, nanoseconds: UInt32(time.fraction))
    }
}
