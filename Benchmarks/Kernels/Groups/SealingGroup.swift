import Packing
import Primitives
import Sealing
import Threads

/// Measures the sealing and opening of segments of 1 MiB against OpenSSL's AES-256-GCM alone.
enum SealingGroup {
    private static let length = 1 << 20

    static func measure(with bench: Bench) throws {
        let buffer = try bench.data(.text, count: bench.mediumBuffer)
        let bytes = buffer.prefix(buffer.capacity)
        let segments = bytes.parts(of: length)
        let sealer = try makeSealer()
        let determinant = SegmentDeterminant(
            codec: 1, level: 1, zstdVersion: 10504,
            chunks: (0..<32).map { (id: Digest(numbered: $0), length: UInt32(length / 32)) }, bases: []
        ).bytes
        let sealed = Buffer(capacity: segments.count * (length + ObjectSealer.overhead))
        let opened = Buffer(capacity: length)

        func seal(_ number: Int, into room: UnsafeMutableRawBufferPointer) throws {
            try sealer.sealSegment(
                stored: segments[number], offset: UInt32(number), codec: 1, rawLength: UInt32(length),
                determinant: determinant, into: room)
        }
        func room(_ number: Int) -> UnsafeMutableRawBufferPointer {
            let start = number * (length + ObjectSealer.overhead)
            return UnsafeMutableRawBufferPointer(
                rebasing: sealed.bytes[start..<start + length + ObjectSealer.overhead])
        }
        let sealing = Kernel("sealing") {
            // Into the same room, as a worker does.
            for number in segments.indices { try seal(number, into: room(0)) }
        }
        try bench.compare(
            [sealing], to: [.encryption(bytes, partLength: length)], in: .sealing, data: DataKind.text.rawValue,
            parameter: "\(length)", bytes: bytes.count)

        for number in segments.indices { try seal(number, into: room(number)) }
        let opening = Kernel("opening") {
            for number in segments.indices {
                try sealer.openSegment(
                    UnsafeRawBufferPointer(room(number)), offset: UInt32(number), codec: 1,
                    rawLength: UInt32(length), into: opened.bytes, object: "segment")
            }
        }
        try bench.compare(
            [opening], to: [.decryption(bytes, partLength: length)], in: .sealing, data: DataKind.text.rawValue,
            parameter: "\(length)", bytes: bytes.count)
    }

    private static func makeSealer() throws -> ObjectSealer {
        let header = ObjectHeader(
            type: .dataPack, suite: .aes256GCM, keyMode: .master, repository: .zero, session: .zero,
            salt: [UInt8](repeating: 8, count: 32))
        return ObjectSealer(header: header, keyMaterial: SecretBytes([UInt8](repeating: 9, count: 32)))
    }
}
