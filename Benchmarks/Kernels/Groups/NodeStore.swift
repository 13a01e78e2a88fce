import Primitives

/// Keeps the nodes of a list or tree, in place of a repository.
final class NodeStore {
    private var nodes: [ChunkID: [UInt8]] = [:]

    /// Bytes of all nodes.
    private(set) var byteCount = 0

    /// Keeps a node under an ID that is as random as a real one, and costs nothing.
    func store(_ bytes: [UInt8]) -> ChunkID {
        let id = Digest(numbered: nodes.count)
        nodes[id] = bytes
        byteCount += bytes.count
        return id
    }

    func read(_ id: ChunkID) throws(VarveError) -> [UInt8] {
        guard let bytes = nodes[id] else { throw VarveError(.notFound, "there is no node \(id.shortHex)") }
        return bytes
    }
}

extension Bench {
    /// Measures a kernel that codes or decodes `entries` entries in nodes of `bytes` bytes, and reports both speeds.
    func reportNodes(_ kernel: Kernel, in group: Group, data: String, entries: Int, bytes: Int) throws {
        let (times, runs) = try Stopwatch.bestTimes(of: [kernel], effort)
        for (amount, unit) in [(entries, "M entries/s"), (bytes, "MB/s")] {
            try report(
                Measurement(
                    group: group, name: kernel.name, data: data, parameter: "\(entries)",
                    value: Double(amount) / times[0] / 1e6, unit: unit, bytes: bytes, runs: runs))
        }
    }
}
