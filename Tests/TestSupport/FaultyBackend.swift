import Backends
import FileIO
import Primitives
import Threads

/// A backend that fails when a test says so.
package final class FaultyBackend: Backend {
    /// What is about to be done.
    package enum Operation: Sendable, Equatable {
        case put(StorageFolder)
        case read(StorageFolder)
        case list(StorageFolder)
        case delete(StorageFolder)
    }

    private struct State {
        var count = 0
        var rule: @Sendable (_ operation: Operation, _ number: Int) -> Fault = { _, _ in .none }
        var watcher: @Sendable (_ operation: Operation, _ name: ObjectName) -> Void = { _, _ in }
    }

    package enum Fault: Sendable {
        case none
        /// Fails and has done nothing.
        case fail
        /// Does it and reports a failure.
        case failAfterwards
    }

    package let inner: any Backend
    private let state = Locked(State())

    package init(_ inner: any Backend) { self.inner = inner }

    /// Says which operations fail; numbers count from 0 since this call.
    package func setRule(_ rule: @escaping @Sendable (Operation, Int) -> Fault) {
        state.withLock { state in
            state.count = 0
            state.rule = rule
        }
    }

    /// Calls `watcher` before an object is put, read or deleted, which waits for it.
    package func watch(_ watcher: @escaping @Sendable (Operation, ObjectName) -> Void) {
        state.withLock { $0.watcher = watcher }
    }

    /// How many operations there were since the last rule.
    package var operationCount: Int { state.withLock { $0.count } }

    private func perform<Result>(
        _ operation: Operation, _ name: ObjectName? = nil, _ body: () throws(VarveError) -> Result
    ) throws(VarveError) -> Result {
        // Rule and watcher run outside the lock: they may use the backend themselves.
        let (rule, watcher, number) = state.withLock { state in
            defer { state.count += 1 }
            return (state.rule, state.watcher, state.count)
        }
        if let name { watcher(operation, name) }
        let fault = rule(operation, number)
        let error = VarveError(.storage, "injected fault in \(operation)")
        if case .fail = fault { throw error }
        let result = try body()
        if case .failAfterwards = fault { throw error }
        return result
    }

    package var location: String { inner.location }
    package var temporaryFolder: BytePath? { inner.temporaryFolder }
    package func readConfiguration() throws(VarveError) -> [UInt8]? { try inner.readConfiguration() }
    package func createLayout() throws(VarveError) { try inner.createLayout() }
    package func writeConfiguration(_ bytes: [UInt8]) throws(VarveError) { try inner.writeConfiguration(bytes) }
    package func prepareForWriting() throws(VarveError) { try inner.prepareForWriting() }

    package func put(_ name: ObjectName, _ bytes: [UInt8]) throws(VarveError) {
        try perform(.put(name.folder), name) { () throws(VarveError) in try inner.put(name, bytes) }
    }

    package func put(_ name: ObjectName, from file: TemporaryFile) throws(VarveError) {
        try perform(.put(name.folder), name) { () throws(VarveError) in try inner.put(name, from: file) }
    }

    package func read(_ name: ObjectName) throws(VarveError) -> [UInt8] {
        try perform(.read(name.folder), name) { () throws(VarveError) in try inner.read(name) }
    }

    package func read(
        _ name: ObjectName, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(VarveError) {
        try perform(.read(name.folder), name) { () throws(VarveError) in
            try inner.read(name, at: offset, into: buffer)
        }
    }

    package func list(_ folder: StorageFolder, _ body: (ListedObject) -> Void) throws(VarveError) {
        try perform(.list(folder)) { () throws(VarveError) in try inner.list(folder, body) }
    }

    package func delete(_ name: ObjectName) throws(VarveError) {
        try perform(.delete(name.folder), name) { () throws(VarveError) in try inner.delete(name) }
    }

    package func setAside(_ name: ObjectName) throws(VarveError) {
        try perform(.delete(name.folder), name) { () throws(VarveError) in try inner.setAside(name) }
    }
}
