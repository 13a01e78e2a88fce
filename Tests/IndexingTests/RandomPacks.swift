import Indexing
import Primitives
import SeededData

extension IndexedPack {
    /// A pack whose header and size follow from its ID.
    init(_ id: Digest) {
        self.init(
            id: id, size: id.w3 % (1 << 30), header: [UInt8](repeating: UInt8(truncatingIfNeeded: id.w0), count: 128))
    }
}

/// A pack with its segments.
struct PackContent: Sendable {
    let pack: IndexedPack
    let segments: [IndexedSegment]
}

extension SeededRandom {
    /// IDs of which many fall into one bucket, share a fingerprint, or are equal but for one word.
    mutating func difficultIDs(_ count: Int) -> [ChunkID] {
        let model = digest()
        return (0..<count).map { number in
            let other = digest()
            return switch number % 6 {
            case 0: Digest(model.w0, other.w1, model.w2, other.w3)
            case 1: Digest(model.w0, model.w1, model.w2, other.w3)
            case 2: Digest(other.w0, model.w1, model.w2, model.w3)
            case 3: Digest(UInt64(number), other.w1, model.w2, other.w3)
            default: other
            }
        }
    }

    /// A pack of some segments whose chunks, and bases, are among `ids`.
    mutating func pack(of ids: [ChunkID], segments: ClosedRange<Int> = 1...5) -> PackContent {
        var offset: UInt32 = 128
        let segments = (0..<Int.random(in: segments, using: &self)).map { _ in
            let codec = UInt8.random(in: 0...2, using: &self)
            let chunks = (0..<Int.random(in: 1...8, using: &self)).map { _ in
                (id: ids.randomElement(using: &self) ?? ids[0], length: UInt32.random(in: 1...100_000, using: &self))
            }
            let bases = (0..<(codec == 2 ? Int.random(in: 1...3, using: &self) : 0)).map { _ in
                ids.randomElement(using: &self) ?? ids[0]
            }
            defer { offset += 5000 }
            return IndexedSegment(
                offset: offset, sealedLength: 5000, rawLength: chunks.reduce(0) { $0 + $1.length }, codec: codec,
                chunkClass: UInt8.random(in: 1...3, using: &self), bases: bases, chunks: chunks)
        }
        return PackContent(pack: IndexedPack(digest()), segments: segments)
    }
}
