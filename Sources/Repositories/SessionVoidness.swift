import Backends
import Primitives
import Threads

extension Repository {
    /// Whether a void record names `session`, among those that came since `known` was listed.
    ///
    /// Of other objects no more than the header is asked for.
    /// - Parameter known: names of objects in `index/` that were read before.
    /// - Throws: kind `busy` where the objects keep changing; what listing and reading throw.
    func isVoid(_ session: Identifier, besides known: Set<Digest>) throws(VarveError) -> Bool {
        var harmless = known
        return try repeatingWhileIndexChanges { () throws(VarveError) -> Bool? in
            let names = try backend.list(.index).map(\.id).filter { !harmless.contains($0) }
            var isVoid = false
            try ParallelMap(width: backend.concurrency).run(names.sorted()) {
                [self] name throws(VarveError) in
                try mayEnd(session, ObjectName(.index, name))
            } _: { name, answer throws(VarveError) in
                if try answer.get() { isVoid = true } else { harmless.insert(name) }
            }
            return isVoid
        }
    }

    /// Whether the object says that `session` is void, or might say so and cannot be read.
    private func mayEnd(_ session: Identifier, _ name: ObjectName) throws(VarveError) -> Bool {
        do throws(VarveError) {
            // What this session has put itself is in the cache.
            let start: [UInt8]
            if let bytes = cache.rightObject(name) {
                start = Array(bytes.prefix(ObjectHeader.byteCount))
            } else {
                start = try readBytes(name, at: 0, count: ObjectHeader.byteCount)
            }
            guard try ObjectHeader(decoding: start[...], of: "\(name)").type == .voidRecord else { return false }
            let (header, plain) = try readCachedObject(name, types: [.voidRecord])
            let (record, location) = try decoding("\(name)") { try IndexRecord.decode(plain, type: header.type) }
            try checkLocation(location, of: name)
            guard case .void(let sessions) = record else { return false }
            return sessions.contains(session)
        } catch  where error.kind == .damaged || error.kind == .unsupported {
            environment.warn(error.problem)
            return true
        }
    }
}
