import Packing
import Primitives
import SeededData

extension SeededRandom {
    /// A segment as a writer could make it for a pack of this type, with few and short chunks.
    mutating func segment(in packType: ObjectType) -> SegmentEntry {
        let classes: [ChunkClass] = packType == .dataPack ? [.data] : [.list, .tree]
        let codec = SegmentCodec.allCases.randomElement(using: &self) ?? .stored
        let chunks = (0..<Int.random(in: 1...6, using: &self)).map { _ in
            ChunkEntry(id: digest(), length: UInt32.random(in: 1...70_000, using: &self))
        }
        let rawLength = chunks.reduce(0) { $0 + $1.length }
        let storedLength = codec == .stored ? rawLength : UInt32.random(in: 1...rawLength, using: &self)
        let bases = codec == .zstdWithPrefix ? (0..<Int.random(in: 1...4, using: &self)).map { _ in digest() } : []
        return SegmentEntry(
            sealedLength: storedLength + UInt32(PackLimits.sealingOverhead), rawLength: rawLength, codec: codec,
            chunkClass: classes.randomElement(using: &self) ?? .tree, chunks: chunks, bases: bases)
    }

    mutating func directory(of packType: ObjectType, segments: ClosedRange<Int> = 0...12) -> PackDirectory {
        PackDirectory(segments: (0..<Int.random(in: segments, using: &self)).map { _ in segment(in: packType) })
    }

    mutating func packType() -> ObjectType { Bool.random(using: &self) ? .dataPack : .metadataPack }

    /// `bytes` with a few bits, bytes, numbers or lengths changed as a bad disk, or somebody who wishes harm, would.
    mutating func mutation(of bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            let position = Int.random(in: 0...bytes.count, using: &self)
            switch Int.random(in: 0..<6, using: &self) {
            case 0 where position < bytes.count: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 1 where position < bytes.count:
                bytes[position] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &self) ?? 0
            case 2 where position + 4 <= bytes.count:
                let number = [0, 1, 0x7fff_ffff, 0x8000_0000, .max].randomElement(using: &self) ?? UInt32.max
                withUnsafeBytes(of: number.littleEndian) { bytes.replaceSubrange(position..<position + 4, with: $0) }
            case 3: bytes.removeLast(bytes.count - position)
            case 4: bytes.insert(contentsOf: self.bytes(Int.random(in: 1...64, using: &self)), at: position)
            default: bytes.removeSubrange(position..<min(position + Int.random(in: 1...64, using: &self), bytes.count))
            }
        }
        return bytes
    }
}
