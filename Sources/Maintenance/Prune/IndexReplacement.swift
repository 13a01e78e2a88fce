import Backends
import Packing
import Primitives
import Repositories

/// Takes packs out of the index, and puts small index objects together: new ones are put, then those that they replace are deleted.
struct IndexReplacement {
    let repository: Repository
    let session: Identifier
    /// What was read; only objects of it are replaced.
    let index: LoadedIndex
    /// Packs that leave the index.
    let victims: Set<Digest>

    /// Bytes of directories below which an index object is small.
    private static let smallSize = 1 << 20
    /// More small index objects than this are put together.
    private static let smallLimit = 16

    private struct Replacement {
        var pending: [PackRecord] = []
        var pendingBytes = 0
        /// Packs that stand in a new index object.
        var written: Set<Digest> = []
        /// Objects all of whose other packs stand in new ones.
        var replaced: [Digest] = []
    }

    /// Does it; gives the number of index objects that were deleted.
    ///
    /// - Throws: kind `notFound` where an object has gone since it was read: nothing was deleted then.
    func run() throws(VarveError) -> Int {
        var replacement = Replacement()
        var small: [(name: Digest, packs: [PackRecord], bytes: Int)] = []
        let records = index.records.values.reduce(into: Set<Digest>()) { $0.formUnion($1) }
        let names = index.objects.subtracting(records)
        guard names.count > IndexReplacement.smallLimit || victims.contains(where: index.chunks.contains(pack:)) else {
            return 0
        }
        for name in names.sorted() {
            let packs = try read(ObjectName(.index, name))
            let bytes = packs.reduce(0) { $0 + $1.directorySize }
            if packs.contains(where: { victims.contains($0.id) }) {
                try add(packs, of: name, to: &replacement)
            } else if bytes < IndexReplacement.smallSize, small.count < 32 * IndexReplacement.smallLimit {
                small.append((name, packs, bytes))
            }
        }
        // Alone, a small object is left as it is: whoever has read it would have to read another.
        let isWorthIt = small.count > IndexReplacement.smallLimit || (!replacement.replaced.isEmpty && !small.isEmpty)
        if isWorthIt { for object in small { try add(object.packs, of: object.name, to: &replacement) } }
        try flush(&replacement)
        try repository.backend.deleteAll(replacement.replaced.map { ObjectName(.index, $0) })
        return replacement.replaced.count
    }

    private func read(_ name: ObjectName) throws(VarveError) -> [PackRecord] {
        let plain = try repository.readObject(name, types: [.index]).plain
        let object: IndexObject
        do {
            object = try IndexObject(decoding: plain, in: repository.configuration.repository)
        } catch let error as VarveError {
            throw error
        } catch {
            throw .damaged("\(name)", "\(error)")
        }
        try repository.checkLocation(object.location, of: name)
        return object.packs
    }

    private func add(_ packs: [PackRecord], of name: Digest, to replacement: inout Replacement) throws(VarveError) {
        for pack in packs where !victims.contains(pack.id) && replacement.written.insert(pack.id).inserted {
            let isFull = replacement.pendingBytes + pack.directorySize > PackPublisher.directoryBytesPerIndexObject
            if isFull { try flush(&replacement) }
            replacement.pending.append(pack)
            replacement.pendingBytes += pack.directorySize
        }
        replacement.replaced.append(name)
    }

    private func flush(_ replacement: inout Replacement) throws(VarveError) {
        try repository.putIndexObject(replacement.pending, session: session)
        replacement.pending = []
        replacement.pendingBytes = 0
    }
}
