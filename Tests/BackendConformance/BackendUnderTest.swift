import Backends
import FileIO
import Primitives
import SeededData
import TemporaryFolders
import Testing

/// A backend that is ready for its first object, with what a test of it needs.
package struct BackendUnderTest: Sendable {
    package let backend: any Backend
    /// The name that belongs to some bytes. Servers may insist on SHA-256; others take any.
    package let nameOf: @Sendable ([UInt8]) -> Digest
    package let traits: BackendTraits
    private let scratch: TemporaryFolder

    /// - Throws: what making the place ready throws.
    package init(
        _ backend: any Backend, nameOf: @escaping @Sendable ([UInt8]) -> Digest = quickDigest,
        traits: BackendTraits = BackendTraits()
    ) throws {
        self.backend = backend
        self.nameOf = nameOf
        self.traits = traits
        scratch = try TemporaryFolder()
        try backend.createLayout()
        try backend.prepareForWriting()
    }

    /// Checks one promise, then closes the backend.
    package func check(_ promise: BackendConformance) throws {
        defer { backend.close() }
        try promise.check(self)
    }

    package func name(_ bytes: [UInt8], in folder: StorageFolder) -> ObjectName { ObjectName(folder, nameOf(bytes)) }

    /// Puts an object under the name that belongs to it.
    @discardableResult
    package func put(_ bytes: [UInt8], in folder: StorageFolder = .data) throws -> ObjectName {
        let name = name(bytes, in: folder)
        try backend.put(name, bytes)
        return name
    }

    /// Puts an object from a file, as packs are.
    package func putFile(_ bytes: [UInt8], in folder: StorageFolder = .data) throws -> ObjectName {
        let name = name(bytes, in: folder)
        try putFile(bytes, as: name)
        return name
    }

    /// Puts an object from a file under any name.
    package func putFile(_ bytes: [UInt8], as name: ObjectName) throws {
        let file = try TemporaryFile.create(in: backend.temporaryFolder ?? scratch.path)
        try file.file.write(bytes)
        try backend.put(name, from: file)
        #expect((try? FileMetadata.read(file.path)) == nil)
    }

    package func read(_ name: ObjectName, at offset: UInt64, count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0xEE, count: count)
        try bytes.withUnsafeMutableBytes { try backend.read(name, at: offset, into: $0) }
        return bytes
    }

    package func list(_ folder: StorageFolder) throws -> Set<ListedObject> {
        let objects: [ListedObject] = try backend.list(folder)
        #expect(Set(objects).count == objects.count)
        return Set(objects)
    }

    /// The kind of error that `body` ends with; `nil` where it succeeds.
    package func failure<R>(_ body: () throws -> R) throws -> VarveError? {
        do {
            _ = try body()
            return nil
        } catch let error as VarveError {
            return error
        }
    }
}

/// Distinct for distinct bytes, and quick without optimization too.
@Sendable package func quickDigest(_ bytes: [UInt8]) -> Digest {
    var lanes: [UInt64] = [UInt64(bytes.count), 1, 2, 3]
    bytes.withUnsafeBytes { buffer in
        var position = 0
        var lane = 0
        while position < buffer.count {
            var word: UInt64 = 0
            if position + 8 <= buffer.count {
                word = buffer.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            } else {
                for byte in buffer[position...] { word = word << 8 | UInt64(byte) }
            }
            lanes[lane] = (lanes[lane] ^ word) &* 0xFF51_AFD7_ED55_8CCD
            lanes[lane] ^= lanes[lane] >> 32
            lane = (lane + 1) & 3
            position += 8
        }
    }
    var random = SeededRandom(seed: lanes[0] ^ lanes[1] &* 3 ^ lanes[2] &* 5 ^ lanes[3] &* 7)
    return random.digest()
}

/// `count` bytes that follow from the seed.
package func content(_ seed: UInt64, count: Int) -> [UInt8] {
    var random = SeededRandom(seed: seed)
    return random.bytes(count)
}
