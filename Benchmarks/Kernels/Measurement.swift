import CommandLineSupport
import Glibc

/// One line of the output.
struct Measurement {
    let group: Group
    let name: String
    /// The kind of data.
    var data = ""
    /// What was varied: an average size, a level, a length, a number of entries.
    var parameter = ""
    let value: Double
    let unit: String
    /// The limit that it is set against, and `value` divided by the limit's value in the same interleaved runs.
    var limit: (name: LimitName, ratio: Double)?
    /// Bytes that each run went over; 0 where bytes say nothing.
    var bytes = 0
    /// `value` is the best of so many runs.
    var runs = 1

    var json: JSONValue {
        [
            "group": .string(group.rawValue), "name": .string(name), "data": .string(data),
            "parameter": .string(parameter), "value": .double(Measurement.rounded(value)), "unit": .string(unit),
            "limit": limit.map { .string($0.name.rawValue) } ?? .null,
            "ratio": limit.map { .double(Measurement.rounded($0.ratio)) } ?? .null, "bytes": .number(bytes),
            "runs": .number(runs),
        ]
    }

    /// The number with four significant digits; more would be noise.
    private static func rounded(_ value: Double) -> Double {
        guard value.isFinite, value != 0 else { return value }
        let scale = pow(10, 3 - floor(log10(abs(value))))
        return (value * scale).rounded() / scale
    }
}
