import Glibc
import Threads

/// What a measurement may be set against; the group "limits" measures each.
enum LimitName: String, CaseIterable {
    case memoryRead = "memory read"
    case memoryCopy = "memcpy"
    case sha256 = "OpenSSL SHA-256"
    case encryption = "OpenSSL AES-256-GCM"
    case decryption = "OpenSSL AES-256-GCM, opening"
    case scalarGear = "scalar gear"
    case zstd1 = "zstd level 1"
    case zstd2 = "zstd level 2"
    case zstd3 = "zstd level 3"
    case zstd6 = "zstd level 6"
    case zstd9 = "zstd level 9"
    case zstdDecompression = "zstd decompression"

    /// The limit of compressing at a level, where one is measured.
    static func zstd(level: Int32) -> LimitName? { LimitName(rawValue: "zstd level \(level)") }
}

/// A limit, ready to be measured.
struct Limit {
    let name: LimitName
    let kernel: Kernel

    init(_ name: LimitName, _ run: @escaping () throws -> Void) {
        self.name = name
        kernel = Kernel(name.rawValue, run: run)
    }
}

extension Limit {
    /// Reads every byte once: a sum of words, in vectors.
    static func memoryRead(_ bytes: UnsafeRawBufferPointer) -> Limit {
        Limit(.memoryRead) {
            guard let start = bytes.baseAddress else { return }
            // Both halves at once: the processor fetches two streams ahead faster than one.
            let half = bytes.count / 2
            var sums = (SIMD8<UInt64>(), SIMD8<UInt64>())
            for offset in stride(from: 0, through: half - 64, by: 64) {
                sums.0 &+= start.loadUnaligned(fromByteOffset: offset, as: SIMD8<UInt64>.self)
                sums.1 &+= start.loadUnaligned(fromByteOffset: half + offset, as: SIMD8<UInt64>.self)
            }
            Results.take((sums.0 &+ sums.1).wrappedSum())
        }
    }

    /// Copies all bytes, in parts of the length of `room`, which each of them goes to; the speed counts each byte once.
    static func memoryCopy(_ bytes: UnsafeRawBufferPointer, into room: Buffer) -> Limit {
        Limit(.memoryCopy) {
            for part in bytes.parts(of: room.capacity) {
                guard let target = room.bytes.baseAddress, let source = part.baseAddress else { return }
                memcpy(target, source, part.count)
                Results.take(UInt64(room.bytes[part.count / 2]))
            }
        }
    }

    /// Cuts with Gear, to chunks of `average` bytes.
    static func scalarGear(_ bytes: UnsafeRawBufferPointer, average: Int) -> Limit {
        let chunker = GearChunker(average: average)
        return Limit(.scalarGear) { Results.take(chunker.chunkCount(of: bytes)) }
    }
}
