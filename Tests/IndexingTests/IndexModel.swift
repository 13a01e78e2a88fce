import Indexing
import Primitives

/// What an index should say, in dictionaries and in the words of `format-spec/index.md`.
struct IndexModel {
    struct Copy: Hashable {
        let pack: Digest
        let segmentOffset: UInt32
        let sealedLength: UInt32
        let rawLength: UInt32
        let codec: UInt8
        let chunkClass: UInt8
        let offset: UInt32
        let length: UInt32
        let bases: [ChunkID]
    }

    private(set) var copies: [ChunkID: Set<Copy>] = [:]
    private(set) var packs: Set<Digest> = []
    var usablePacks: Set<Digest> = []
    /// Pack and offset of segments with a damage record.
    var damagedSegments: Set<[UInt64]> = []
    var claimed: Set<ChunkID> = []

    mutating func add(_ content: PackContent) {
        packs.insert(content.pack.id)
        for segment in content.segments {
            var offset: UInt32 = 0
            for chunk in segment.chunks {
                copies[chunk.id, default: []].insert(
                    Copy(
                        pack: content.pack.id, segmentOffset: segment.offset, sealedLength: segment.sealedLength,
                        rawLength: segment.rawLength, codec: segment.codec, chunkClass: segment.chunkClass,
                        offset: offset, length: chunk.length, bases: segment.bases))
                offset += chunk.length
            }
        }
    }

    static func damage(_ pack: Digest, _ offset: UInt32) -> [UInt64] {
        [pack.w0, pack.w1, pack.w2, pack.w3, UInt64(offset)]
    }

    private func isUsable(_ copy: Copy) -> Bool {
        usablePacks.contains(copy.pack) && !damagedSegments.contains(IndexModel.damage(copy.pack, copy.segmentOffset))
    }

    func plainCopies(of id: ChunkID) -> Set<Copy> {
        (copies[id] ?? []).filter { isUsable($0) && $0.codec != 2 }
    }

    func usableCopies(of id: ChunkID) -> Set<Copy> {
        (copies[id] ?? []).filter { copy in
            isUsable(copy) && (copy.codec != 2 || copy.bases.allSatisfy { !plainCopies(of: $0).isEmpty })
        }
    }

    func isKnown(_ id: ChunkID) -> Bool { claimed.contains(id) || !usableCopies(of: id).isEmpty }

    mutating func claim(_ ids: [ChunkID]) -> [Int] {
        ids.indices.filter { isKnown(ids[$0]) ? false : claimed.insert(ids[$0]).inserted }
    }
}

extension IndexModel.Copy {
    init(_ location: ChunkLocation, in index: ChunkIndex) {
        self.init(
            pack: index.pack(location.pack).id, segmentOffset: location.segmentOffset,
            sealedLength: location.sealedLength, rawLength: location.rawLength, codec: location.codec,
            chunkClass: location.chunkClass, offset: location.offset, length: location.length, bases: location.bases)
    }
}
