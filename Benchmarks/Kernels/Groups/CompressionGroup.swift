import Compressing
import Primitives
import Threads

/// Measures the compression of segments of 1 MiB of text against zstd alone, what it saves, and decompression.
enum CompressionGroup {
    /// The levels of zstd; "off" comes to them.
    static let levels = [1, 3, 6, 9]
    private static let blockLength = 1 << 20

    /// Bytes to compress at a level: the slow ones get fewer.
    static func length(atLevel level: Int, with bench: Bench) -> Int {
        level < 5 ? bench.mediumBuffer : bench.mediumBuffer / 4
    }

    static func measure(with bench: Bench) throws {
        let buffer = try bench.data(.text, count: bench.mediumBuffer)
        let room = Buffer(capacity: blockLength)
        try measureOff(buffer, room, bench)
        for number in levels {
            guard let level = CompressionLevel(parsing: "\(number)") else { continue }
            let bytes = buffer.prefix(length(atLevel: number, with: bench))
            let blocks = bytes.parts(of: blockLength)
            let compressor = Compressor(level: level)
            var frames: [[UInt8]] = []
            for block in blocks {
                let length = try compressor.compress(block, into: room.bytes)
                frames.append(length.map { Array(room.prefix($0)) } ?? Array(block))
            }
            let compression = Kernel("compression") {
                for block in blocks { Results.take(try compressor.compress(block, into: room.bytes) ?? 0) }
            }
            let limit = Limit.compression(bytes, blockLength: blockLength, level: Int32(number))
            try bench.compare(
                [compression], to: limit.map { [$0] } ?? [], in: .compression, data: .text, parameter: "\(number)",
                bytes: bytes.count)
            try reportSaving(of: frames, from: bytes.count, parameter: "\(number)", bench)
            try measureDecompression(of: frames, from: bytes, room, parameter: "\(number)", bench)
        }
    }

    /// Without compression a segment is copied, which is what sealing does anyway.
    private static func measureOff(_ buffer: Buffer, _ room: Buffer, _ bench: Bench) throws {
        let bytes = buffer.prefix(buffer.capacity)
        let blocks = bytes.parts(of: blockLength)
        let compressor = Compressor(level: .off)
        let kernel = Kernel("compression") {
            for block in blocks {
                if try compressor.compress(block, into: room.bytes) == nil { room.bytes.copyMemory(from: block) }
                Results.take(UInt64(room.bytes[blockLength / 2]))
            }
        }
        let copy = Buffer(capacity: blockLength)
        try bench.compare(
            [kernel], to: [.memoryCopy(bytes, into: copy)], in: .compression, data: .text, parameter: "off",
            bytes: bytes.count)
        try reportSaving(of: blocks.map { Array($0) }, from: bytes.count, parameter: "off", bench)
    }

    private static func reportSaving(
        of frames: [[UInt8]], from count: Int, parameter: String, _ bench: Bench
    ) throws {
        let stored = frames.reduce(0) { $0 + $1.count }
        try bench.report(
            Measurement(
                group: .compression, name: "plain to stored", data: DataKind.text.rawValue, parameter: parameter,
                value: Double(count) / Double(stored), unit: "x", bytes: count))
    }

    private static func measureDecompression(
        of frames: [[UInt8]], from bytes: UnsafeRawBufferPointer, _ room: Buffer, parameter: String, _ bench: Bench
    ) throws {
        let decompressor = Decompressor()
        let kernel = Kernel("decompression") {
            for frame in frames {
                try frame.withUnsafeBytes { try decompressor.decompress($0, into: room.bytes, object: "segment") }
            }
        }
        try bench.compare(
            [kernel], to: [try .decompression(bytes, blockLength: blockLength)], in: .compression, data: .text,
            parameter: parameter, bytes: bytes.count)
    }
}
