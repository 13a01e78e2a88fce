import CommandLineSupport
import FileIO
import Threads

/// What every group is given: how much to measure, the data, and where the results go.
struct Bench {
    let isQuick: Bool
    private let files: [DataKind: String]

    init(_ options: Options) {
        isQuick = options.isQuick
        files = options.files
    }

    /// How often each kernel is run.
    var effort: Stopwatch.Effort {
        isQuick ? .init(leastRuns: 4, leastSeconds: 0.7) : .init(leastRuns: 5, leastSeconds: 1)
    }

    /// Bytes of what is read fast: several times what the last cache holds.
    var largeBuffer: Int {
        let (least, caches) = isQuick ? (64 << 20, 2) : (128 << 20, 4)
        return min(max(least, caches * Bench.lastCache), 1 << 30)
    }

    /// Bytes of the third-level cache that one core reaches, as Linux tells it; 0 where it does not.
    private static let lastCache: Int = {
        var text = [UInt8](repeating: 0, count: 32)
        guard let file = try? OpenFile.open(BytePath("/sys/devices/system/cpu/cpu0/cache/index3/size")),
            let count = try? text.withUnsafeMutableBytes({ try file.read(into: $0) }),
            let kibibytes = Int(String(decoding: text[..<count].prefix { $0 != UInt8(ascii: "K") }, as: UTF8.self))
        else { return 0 }
        return kibibytes << 10
    }()

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
        _ kernels: [Kernel], to limits: [Limit], in group: Group, data: String, parameter: String, bytes: Int
    ) throws {
        let (times, runs) = try Stopwatch.bestTimes(of: kernels + limits.map(\.kernel), effort)
        for (kernel, time) in zip(kernels, times) {
            func report(_ limit: (name: LimitName, ratio: Double)?) throws {
                try self.report(
                    Measurement(
                        group: group, name: kernel.name, data: data, parameter: parameter,
                        value: Double(bytes) / time / 1e9, unit: "GB/s", limit: limit, bytes: bytes, runs: runs))
            }
            if limits.isEmpty { try report(nil) }
            for (limit, limitTime) in zip(limits, times[kernels.count...]) {
                try report((limit.name, limitTime / time))
            }
        }
    }
}
