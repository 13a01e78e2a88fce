import Glibc

extension LocalTime {
    /// The Unix time in nanoseconds that "2026-11-21", "2026-11-21 01:05" or "2026-11-21 01:05:29" stands for, also with a `T`
    /// between; with a `Z` behind it in UTC. `nil` for anything else, and for years before 1900 and from 2200 on.
    package static func parse(_ text: String) -> Int64? {
        let isUTC = text.hasSuffix("Z")
        let parts = (isUTC ? text.dropLast() : text[...]).split(
            maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: { $0 == " " || $0 == "T" })
        guard let date = numbers(parts[0], [4, 2, 2], between: "-"),
            let clock = parts.count == 1 ? [] : numbers(parts[1], [2, 2, 2], between: ":", least: 2),
            (1900..<2200).contains(date[0]), !isUTC || parts.count == 2
        else { return nil }
        let time = clock + [0, 0, 0]
        guard time[0] < 24, time[1] < 60, time[2] < 60 else { return nil }
        var fields = tm()
        fields.tm_year = date[0] - 1900
        fields.tm_mon = date[1] - 1
        fields.tm_mday = date[2]
        fields.tm_hour = time[0]
        fields.tm_min = time[1]
        fields.tm_sec = time[2]
        // Whether there is daylight saving time then is for the zone to say.
        fields.tm_isdst = -1
        // The 30th of February would become a day in March.
        var checked = fields
        let seconds = timegm(&checked)
        guard checked.tm_mon == date[1] - 1, checked.tm_mday == date[2] else { return nil }
        return Int64(isUTC ? seconds : mktime(&fields)) * 1_000_000_000
    }

    /// Numbers of so many digits each; `least` of them must be there.
    private static func numbers(
        _ text: Substring, _ digits: [Int], between separator: Character, least: Int? = nil
    ) -> [Int32]? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.count <= digits.count, parts.count >= least ?? digits.count else { return nil }
        var numbers: [Int32] = []
        for (part, count) in zip(parts, digits) {
            guard part.count == count, part.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int32(part) else {
                return nil
            }
            numbers.append(number)
        }
        return numbers
    }
}
