import Compressing
import Primitives
import Threads

/// Measures the compression of segments of 1 MiB of text against zstd alone, what it saves, and decompression.
enum CompressionGroup {
    /// The levels of zstd; "off" comes to them.
    static let levels = [1, 2, 3, 6, 9]
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
            let compressor = try Compressor(level: level)
            // What does not compress is stored as it is, and makes no frame.
            let frames = try blocks.compactMap { block in
                try compressor.compress(block, into: room.bytes).map { Array(room.prefix($0)) }
            }
            let storedPlain = (blocks.count - frames.count) * blockLength
            let compression = Kernel("compression") {
                for block in blocks { Results.take(try compressor.compress(block, into: room.bytes) ?? 0) }
            }
            let limit = Limit.compression(bytes, blockLength: blockLength, level: Int32(number))
            try bench.compare(
                [compression], to: limit.map { [$0] } ?? [], in: .compression, data: DataKind.text.rawValue,
                parameter: "\(number)",
                bytes: bytes.count)
            try reportSaving(
                from: bytes.count, to: storedPlain + frames.reduce(0) { $0 + $1.count }, parameter: "\(number)", bench)
            try measureDecompression(of: frames, into: room, parameter: "\(number)", bench)
        }
    }

    /// Without compression a segment is copied, which is what sealing does anyway.
    private static func measureOff(_ buffer: Buffer, _ room: Buffer, _ bench: Bench) throws {
        let bytes = buffer.prefix(buffer.capacity)
        let blocks = bytes.parts(of: blockLength)
        let compressor = try Compressor(level: .off)
        let kernel = Kernel("compression") {
            for block in blocks {
                if try compressor.compress(block, into: room.bytes) == nil { room.bytes.copyMemory(from: block) }
                Results.take(UInt64(room.bytes[blockLength / 2]))
            }
        }
        let copy = Buffer(capacity: blockLength)
        try bench.compare(
            [kernel], to: [.memoryCopy(bytes, into: copy)], in: .compression, data: DataKind.text.rawValue,
            parameter: "off",
            bytes: bytes.count)
        try reportSaving(from: bytes.count, to: bytes.count, parameter: "off", bench)
    }

    private static func reportSaving(from plain: Int, to stored: Int, parameter: String, _ bench: Bench) throws {
        try bench.report(
            Measurement(
                group: .compression, name: "plain to stored", data: DataKind.text.rawValue, parameter: parameter,
                value: Double(plain) / Double(stored), unit: "x", bytes: plain))
    }

    private static func measureDecompression(
        of frames: [[UInt8]], into room: Buffer, parameter: String, _ bench: Bench
    ) throws {
        if frames.isEmpty { return try bench.note("compression: level \(parameter) compresses nothing of this data") }
        let decompressor = try Decompressor()
        let kernel = Kernel("decompression") {
            for frame in frames {
                try frame.withUnsafeBytes { try decompressor.decompress($0, into: room.bytes, object: "segment") }
            }
        }
        try bench.compare(
            [kernel], to: [.decompression(of: frames, blockLength: blockLength)], in: .compression,
            data: DataKind.text.rawValue,
            parameter: parameter, bytes: frames.count * blockLength)
    }
}
