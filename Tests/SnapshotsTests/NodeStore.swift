import Packing
import Primitives
import SeededData

/// Nodes kept by a made-up ID.
final class NodeStore {
    private(set) var nodes: [ChunkID: [UInt8]] = [:]

    func store(_ bytes: [UInt8]) -> ChunkID {
        var random = SeededRandom(seed: UInt64(CRC32C.checksum(bytes)) << 32 | UInt64(bytes.count))
        let id = random.digest()
        nodes[id] = bytes
        return id
    }

    func read(_ id: ChunkID) throws(VarveError) -> [UInt8] {
        guard let bytes = nodes[id] else { throw .damaged("node", "missing") }
        return bytes
    }
}
