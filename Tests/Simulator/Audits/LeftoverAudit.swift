import Backends
import Packing
import Primitives
import Repositories
import Snapshots

/// What must hold once a prune has removed all that it may: no pack holds what no snapshot reaches, be it as a base.
///
/// Anchors of dead sessions may be left in `locks/`, since a prune that has nothing to remove waits for nobody.
struct LeftoverAudit {
    private let process: SimulatedProcess

    init(_ process: SimulatedProcess) { self.process = process }

    private var world: SimulatedWorld { process.world }
    private var place: SimulatedPlace { process.place }

    func run() throws(VarveError) {
        let packs = try indexedPacks()
        var reached = try reachedChunks()
        for segment in packs.flatMap(\.directory.segments)
        where segment.chunks.contains(where: { reached.contains($0.id) }) { reached.formUnion(segment.bases) }
        var indexed: Set<Digest> = []
        for pack in packs where place.storage.objects[ObjectName(.data, pack.id)] != nil {
            indexed.insert(pack.id)
            let chunks = pack.directory.segments.flatMap(\.chunks)
            let unneeded = chunks.filter { !reached.contains($0.id) }.count
            if unneeded > 0 {
                world.violate("pack \(pack.id.shortHex) holds \(unneeded) chunks that no snapshot needs")
            }
        }
        for object in place.storage.list(.data) where !indexed.contains(object.id) {
            world.violate("data/\(object.id.shortHex) stands in no index object")
        }
    }

    private func indexedPacks() throws(VarveError) -> [PackRecord] {
        var packs: [PackRecord] = []
        for object in place.storage.list(.index) {
            let name = ObjectName(.index, object.id)
            let types: Set<ObjectType> = [
                .index, .condemnRecord, .drainRecord, .voidRecord, .forgetRecord, .damageRecord,
            ]
            let (header, plain) = try process.repository.readObject(name, types: types)
            guard header.type == .index else { continue }
            do {
                packs += try IndexObject(decoding: plain, in: place.configuration.repository).packs
            } catch {
                world.violate("\(name) is malformed: \(error)")
            }
        }
        return packs
    }

    /// All chunks that snapshots reach: data, lists and trees.
    private func reachedChunks() throws(VarveError) -> Set<ChunkID> {
        let index = try process.repository.loadIndex()
        let reader = TreeReader(SegmentReader(repository: process.repository, index: index.chunks))
        var reached: Set<ChunkID> = []
        for snapshot in try process.repository.loadSnapshots(voidSessions: index.voidSessions) {
            try reach(snapshot.record.root, reader, &reached)
        }
        return reached
    }

    private func reach(
        _ folder: TreeEntry.Subtree, _ reader: TreeReader, _ reached: inout Set<ChunkID>
    ) throws(VarveError) {
        var cursor = TreeCursor(folder)
        var nodes: Set<ChunkID> = []
        while let entry = try cursor.next({ id throws(VarveError) in
            nodes.insert(id)
            return try reader.readTree(id)
        }) {
            if let below = entry.subtree { try reach(below, reader, &reached) }
            guard let content = entry.content else { continue }
            var list = ListCursor(content)
            while let chunk = try list.next({ id throws(VarveError) in
                nodes.insert(id)
                return try reader.readList(id)
            }) {
                reached.insert(chunk.id)
            }
        }
        reached.formUnion(nodes)
    }
}
