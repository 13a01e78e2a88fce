import Backends
import Hashing
import Primitives
import Repositories

extension PackRecord {
    /// The same for packs of the same name exactly if they say the same of themselves.
    var fingerprint: Digest {
        var writer = ByteWriter()
        writer.appendInteger(size)
        writer.append(header.encoded)
        writer.append(directory.encodedEntries)
        return SHA256Hasher.digest(of: writer.bytes)
    }
}

extension Repository {
    /// The packs that an index object names; `nil` for a record.
    ///
    /// - Throws: kinds `notFound`, `damaged`, `unsupported`, `storage`.
    func readIndexObject(_ id: Digest) throws(VarveError) -> [PackRecord]? {
        let name = ObjectName(.index, id)
        let (header, plain) = try readObject(name, types: Repository.indexTypes)
        let location: Identifier
        var packs: [PackRecord]?
        do {
            if header.type == .index {
                let object = try IndexObject(decoding: plain, in: configuration.repository)
                location = object.location
                packs = object.packs
            } else {
                location = try IndexRecord.decode(plain, type: header.type).location
            }
        } catch let error as VarveError {
            throw error
        } catch {
            throw .damaged("\(name)", "\(error)")
        }
        try checkLocation(location, of: name)
        return packs
    }
}
