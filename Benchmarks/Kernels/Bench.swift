import CommandLineSupport
import FileIO
import Glibc
import Threads

/// What every group is given: how much to measure, the data, and where the results go.
struct Bench {
    let isQuick: Bool
    private let files: [DataKind: String]

    init(_ options: Options) {
        isQuick = options.isQuick
        files = options.files
    }

    /// How many runs the best is taken of.
    var runs: Int { isQuick ? 3 : 5 }

    /// Bytes of what is read fast: more than the last cache holds.
    var largeBuffer: Int {
        let cache = max(0, sysconf(Int32(_SC_LEVEL3_CACHE_SIZE)))
        return min(max(isQuick ? 64 << 20 : 256 << 20, 2 * cache), 1 << 30)
    }

    /// Bytes of what is worked on slowly enough that caches do not matter.
    var mediumBuffer: Int { isQuick ? 16 << 20 : 64 << 20 }

    /// `count` bytes of a kind: of the file that was given for it, else made up, the same every time.
    func data(_ kind: DataKind, count: Int) throws -> Buffer {
        let buffer = Buffer(capacity: count)
        if let path = files[kind] {
            try fill(buffer, fromFileAt: BytePath(path))
        } else {
            kind.fill(buffer.bytes)
        }
        return buffer
    }

    /// A file that is too short is repeated.
    private func fill(_ buffer: Buffer, fromFileAt path: BytePath) throws {
        let length = try OpenFile.open(path).readFully(into: buffer.bytes)
        guard length >= 1 << 20 else {
            throw UsageError("\(path.display) is too short", advice: "--data needs a file of at least 1 MiB")
        }
        for start in stride(from: length, to: buffer.capacity, by: length) {
            let part = buffer.prefix(min(length, buffer.capacity - start))
            UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[start...]).copyMemory(from: part)
        }
    }

    // MARK: Results

    func report(_ measurement: Measurement) throws {
        try StandardOutput.output.writeLine(measurement.json)
        // Whoever reads along should not wait for the end of a group.
        try StandardOutput.output.flush()
    }

    /// Tells whoever looks on something that is no measurement.
    func note(_ text: String) throws { try StandardOutput.error.writeLine("varve-bench: \(text)") }

    /// Measures kernels that go over the same `bytes` against limits that do so too, and reports their speed: one line
    /// for each kernel and limit.
    func compare(
        _ kernels: [Kernel], to limits: [Limit], in group: Group, data: DataKind, parameter: String, bytes: Int,
        runs: Int
    ) throws {
        let times = try Stopwatch.bestTimes(of: kernels + limits.map(\.kernel), runs: runs)
        for (kernel, time) in zip(kernels, times) {
            func report(_ limit: (name: LimitName, ratio: Double)?) throws {
                try self.report(
                    Measurement(
                        group: group, name: kernel.name, data: data.rawValue, parameter: parameter,
                        value: Double(bytes) / time / 1e9, unit: "GB/s", limit: limit, bytes: bytes, runs: runs))
            }
            if limits.isEmpty { try report(nil) }
            for (limit, limitTime) in zip(limits, times[kernels.count...]) {
                try report((limit.name, limitTime / time))
            }
        }
    }
}
