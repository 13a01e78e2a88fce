import Backends
import Hashing
import Primitives
import Sealing

/// Reading and writing whole objects.
extension Repository {
    /// - Throws: kind `damaged` where the bytes are not those that the name stands for.
    static func checkName(_ name: ObjectName, _ bytes: [UInt8]) throws(VarveError) {
        guard SHA256Hasher.digest(of: bytes) == name.id else {
            throw .damaged("\(name)", "its bytes do not have the SHA-256 that is its name")
        }
    }

    /// Reads an object and checks its bytes against its name.
    package func checkObject(_ name: ObjectName) throws(VarveError) {
        try Repository.checkName(name, try backend.read(name))
    }

    /// Reads an object, checks its name, and opens it.
    ///
    /// - Parameter types: what it may be.
    /// - Throws: kinds `notFound`, `damaged`, `unsupported`, `storage`.
    package func readObject(
        _ name: ObjectName, types: Set<ObjectType>
    ) throws(VarveError) -> (header: ObjectHeader, plain: [UInt8]) {
        let bytes = try backend.read(name)
        try Repository.checkName(name, bytes)
        return try openObject(bytes, types: types, object: "\(name)")
    }

    /// Like ``readObject(_:types:)``, but takes the bytes from the cache where they are there, and keeps them there.
    package func readCachedObject(
        _ name: ObjectName, types: Set<ObjectType>
    ) throws(VarveError) -> (header: ObjectHeader, plain: [UInt8]) {
        if let bytes = cache.rightObject(name), let object = try? openObject(bytes, types: types, object: "\(name)") {
            return object
        }
        let bytes = try backend.read(name)
        try Repository.checkName(name, bytes)
        let object = try openObject(bytes, types: types, object: "\(name)")
        cache.keep(bytes, of: name)
        return object
    }

    /// Seals and puts an object; gives its name.
    ///
    /// - Parameter keepingCopy: whether the cache gets a copy.
    package func writeObject(
        _ plain: [UInt8], type: ObjectType, in folder: StorageFolder, session: Identifier, keepingCopy: Bool = false
    ) throws(VarveError) -> ObjectName {
        let bytes = try keys.sealWholeObject(plain, type: type, session: session, random: environment.random)
        guard bytes.count <= folder.objectSizeLimit else {
            throw VarveError(
                .local, "an object for \(folder.rawValue)/ would have \(bytes.count) bytes, above the format's limit")
        }
        let name = ObjectName(folder, SHA256Hasher.digest(of: bytes))
        try backend.put(name, bytes)
        if keepingCopy { cache.keep(bytes, of: name) }
        return name
    }

    /// Puts a record into `index/`.
    ///
    /// - Parameters:
    ///   - record: its entries in ascending order.
    ///   - session: a new one where none is given.
    package func putRecord(_ record: IndexRecord, session: Identifier? = nil) throws(VarveError) {
        _ = try writeObject(
            record.encoded(at: configuration.location), type: record.type, in: .index,
            session: session ?? Identifier(from: environment.random))
    }

    /// - Throws: kind `damaged` where an object of `index/` or `locks/` belongs to another location.
    package func checkLocation(_ location: Identifier, of name: ObjectName) throws(VarveError) {
        guard location == configuration.location else {
            throw .damaged("\(name)", "it belongs to another location of this repository")
        }
    }
}

extension CacheFolder {
    /// The bytes kept of an object, if they have its name.
    func rightObject(_ name: ObjectName) -> [UInt8]? {
        guard let bytes = object(name), SHA256Hasher.digest(of: bytes) == name.id else { return nil }
        return bytes
    }
}

extension Backend {
    /// Reads an object from the cache, or from here, and keeps it there then.
    ///
    /// - Throws: kind `damaged` where the bytes are not those that the name stands for; what reading throws.
    func read(_ name: ObjectName, through cache: CacheFolder) throws(VarveError) -> [UInt8] {
        if let bytes = cache.rightObject(name) { return bytes }
        let bytes = try read(name)
        try Repository.checkName(name, bytes)
        cache.keep(bytes, of: name)
        return bytes
    }
}

/// Runs a decoder and names the object in what it throws.
func decoding<Result>(
    _ object: @autoclosure () -> String, _ body: () throws -> Result
) throws(VarveError) -> Result {
    do {
        return try body()
    } catch let error as VarveError {
        throw error
    } catch {
        throw .damaged(object(), "\(error)")
    }
}
