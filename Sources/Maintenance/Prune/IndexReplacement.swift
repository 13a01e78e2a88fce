import Backends
import Packing
import Primitives
import Repositories
import Threads

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
        /// Objects all of whose other packs stand in new ones, and the victims in each.
        var replaced: [(name: Digest, victims: [Digest])] = []
    }

    struct Outcome {
        /// Index objects that were deleted.
        var deleted = 0
        /// Victims that stay in the index, since the storage keeps an object that names them.
        var keptVictims: Set<Digest> = []
    }

    /// Bytes of index objects that may be read ahead.
    private static let bytesAhead = 64 << 20

    /// Does it.
    ///
    /// - Throws: kind `notFound` where an object has gone since it was read: nothing was deleted then.
    func run() throws(VarveError) -> Outcome {
        var replacement = Replacement()
        var small: [(name: Digest, packs: [PackRecord], bytes: Int)] = []
        let records = index.records.values.reduce(into: Set<Digest>()) { $0.formUnion($1) }
        let names = index.objects.subtracting(records)
        guard names.count > IndexReplacement.smallLimit || victims.contains(where: index.chunks.contains(pack:)) else {
            return Outcome()
        }
        try forEachObject(names.sorted()) { name, packs throws(VarveError) in
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
        let kept = try repository.backend.deleteAll(replacement.replaced.map { ObjectName(.index, $0.name) })
        let keptObjects = replacement.replaced.filter { kept.contains(ObjectName(.index, $0.name)) }
        return Outcome(
            deleted: replacement.replaced.count - keptObjects.count, keptVictims: Set(keptObjects.flatMap(\.victims)))
    }

    private func forEachObject(
        _ names: [Digest], _ body: (Digest, [PackRecord]) throws(VarveError) -> Void
    ) throws(VarveError) {
        let sizes = Dictionary(try repository.backend.list(.index).map { ($0.id, $0.size) }) { first, _ in first }
        let reading = ParallelMap(
            width: repository.backend.concurrency, weightLimit: IndexReplacement.bytesAhead)
        try reading.run(names, weights: names.map { Int(clamping: sizes[$0] ?? 0) }) {
            [repository] name throws(VarveError) in
            try repository.readObject(ObjectName(.index, name), types: [.index]).plain
        } _: { name, plain throws(VarveError) in
            try body(name, try decode(try plain.get(), ObjectName(.index, name)))
        }
    }

    private func decode(_ plain: [UInt8], _ name: ObjectName) throws(VarveError) -> [PackRecord] {
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
        replacement.replaced.append((name, packs.map(\.id).filter(victims.contains)))
    }

    private func flush(_ replacement: inout Replacement) throws(VarveError) {
        try repository.putIndexObject(replacement.pending, session: session)
        replacement.pending = []
        replacement.pendingBytes = 0
    }
}
