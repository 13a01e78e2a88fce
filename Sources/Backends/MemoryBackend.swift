import FileIO
import Primitives
import Threads

/// A repository in memory, for tests and for trying things out.
package final class MemoryBackend: Backend {
    private struct State {
        var configuration: [UInt8]?
        var objects: [ObjectName: [UInt8]] = [:]
        var aside: [ObjectName: [UInt8]] = [:]
    }

    private let state = Locked(State())

    package init() {}

    package var location: String { "memory" }
    package var temporaryFolder: BytePath? { nil }

    package func readConfiguration() throws(VarveError) -> [UInt8]? {
        let bytes = state.withLock { $0.configuration }
        if let bytes, bytes.count > configurationSizeLimit { throw configurationTooLarge() }
        return bytes
    }

    package func createLayout() {}

    package func prepareForWriting() {}

    package func writeConfiguration(_ bytes: [UInt8]) throws(VarveError) {
        try state.withLock { state throws(VarveError) in
            if state.configuration != nil { throw repositoryExists(at: location) }
            state.configuration = bytes
        }
    }

    package func put(_ name: ObjectName, _ bytes: [UInt8]) {
        state.withLock { $0.objects[name] = bytes }
    }

    package func put(_ name: ObjectName, from file: TemporaryFile) throws(VarveError) {
        do throws(SystemError) {
            let size = Int(try file.file.size())
            var bytes = [UInt8](repeating: 0, count: size)
            var failure: SystemError?
            bytes.withUnsafeMutableBytes { buffer in
                do throws(SystemError) { _ = try file.file.readFully(into: buffer, at: 0) } catch { failure = error }
            }
            if let failure { throw failure }
            file.discard()
            put(name, bytes)
        } catch {
            throw error.asVarveError(.local)
        }
    }

    package func read(_ name: ObjectName) throws(VarveError) -> [UInt8] {
        guard let bytes = state.withLock({ $0.objects[name] }) else { throw missing(name) }
        guard bytes.count <= name.folder.objectSizeLimit else { throw tooLarge(name, UInt64(bytes.count)) }
        return bytes
    }

    package func read(
        _ name: ObjectName, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(VarveError) {
        guard let bytes = state.withLock({ $0.objects[name] }) else { throw missing(name) }
        guard offset <= UInt64(bytes.count), buffer.count <= bytes.count - Int(offset) else {
            throw truncated(name, buffer.count, at: offset)
        }
        buffer.copyBytes(from: bytes[Int(offset)..<Int(offset) + buffer.count])
    }

    package func list(_ folder: StorageFolder, _ body: (ListedObject) -> Void) {
        let objects = state.withLock { state in
            state.objects.filter { $0.key.folder == folder }.map {
                ListedObject(id: $0.key.id, size: UInt64($0.value.count))
            }
        }
        for object in objects { body(object) }
    }

    package func delete(_ name: ObjectName) { state.withLock { $0.objects[name] = nil } }

    package func setAside(_ name: ObjectName) throws(VarveError) {
        try state.withLock { state throws(VarveError) in
            guard let bytes = state.objects.removeValue(forKey: name) else { throw missing(name) }
            state.aside[name] = bytes
        }
    }

    /// The objects that were set aside.
    package var objectsSetAside: [ObjectName: [UInt8]] { state.withLock { $0.aside } }

    /// Changes what is stored behind everybody's back, as a bad disk does; `nil` removes it.
    package func tamper(with name: ObjectName, _ change: ([UInt8]) -> [UInt8]?) {
        state.withLock { state in
            if let bytes = state.objects[name] { state.objects[name] = change(bytes) }
        }
    }
}

/// The error of an `init` over an existing repository.
package func repositoryExists(at location: String) -> VarveError {
    VarveError(
        .repositoryExists, "there is a repository at \(location) already", advice: "use it, or choose another place")
}
