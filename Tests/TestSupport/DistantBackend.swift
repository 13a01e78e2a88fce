import Backends
import FileIO
import Primitives
import Threads

/// A backend as behind a network: it counts what is asked of it, and lets tests see how much is asked at once.
package final class DistantBackend: Backend {
    private struct State {
        var traffic = Traffic()
        /// What is being asked for now, by what it is for; and the most at once.
        var inside: [Kind: Int] = [:]
        var most: [Kind: Int] = [:]
        /// So many must be inside together before the first of them gets its answer.
        var gathering: (kind: Kind, count: Int)?
        var log: [Request] = []
        var retained: Set<StorageFolder> = []
    }

    package struct Kind: Hashable, Sendable {
        package let operation: Traffic.Operation
        package let folder: StorageFolder?

        package init(_ operation: Traffic.Operation, _ folder: StorageFolder?) {
            self.operation = operation
            self.folder = folder
        }
    }

    /// One request, as it was answered.
    package struct Request: Sendable, Equatable {
        package let operation: Traffic.Operation
        package let folder: StorageFolder?
        /// The object; `nil` for a listing and for what belongs to no folder.
        package let id: Digest?
        /// Bytes sent or received.
        package let bytes: Int
    }

    package let inner: any Backend
    package let concurrency: Int
    package let visibilityDelay: Double
    private let state = Monitored(State())

    package init(_ inner: any Backend, concurrency: Int = 6, visibilityDelay: Double = 0) {
        self.inner = inner
        self.concurrency = concurrency
        self.visibilityDelay = visibilityDelay
    }

    // MARK: What tests ask

    package var traffic: Traffic? { state.change { $0.traffic } }
    package var requests: [Request] { state.change { $0.log } }

    /// Begins to count anew.
    package func reset() {
        state.change { state in
            state.traffic = Traffic()
            state.log = []
            state.most = [:]
        }
    }

    /// The most requests of a kind that were open at once.
    package func most(_ operation: Traffic.Operation, _ folder: StorageFolder) -> Int {
        state.change { $0.most[Kind(operation, folder)] ?? 0 }
    }

    /// Lets nobody through with a request of this kind before so many wait together, once. After 20 seconds all go on.
    package func gather(_ operation: Traffic.Operation, _ folder: StorageFolder, _ count: Int) {
        state.change { $0.gathering = (Kind(operation, folder), count) }
    }

    /// Refuses to delete what is in these folders.
    package func retain(_ folders: Set<StorageFolder>) { state.change { $0.retained = folders } }

    // MARK: Requests

    private func request<Result>(
        _ operation: Traffic.Operation, _ folder: StorageFolder?, _ id: Digest? = nil,
        bytes: (Result) -> Int = { _ in 0 }, _ body: () throws(VarveError) -> Result
    ) throws(VarveError) -> Result {
        let kind = Kind(operation, folder)
        state.change { state in
            state.inside[kind, default: 0] += 1
            state.most[kind] = max(state.most[kind] ?? 0, state.inside[kind] ?? 0)
            state.traffic.requests[operation, default: 0] += 1
            if let gathering = state.gathering, gathering.kind == kind, gathering.count <= state.inside[kind] ?? 0 {
                state.gathering = nil
            }
        }
        _ = state.wait(atMost: 20) { $0.gathering?.kind == kind ? nil : true }
        defer { state.change { $0.inside[kind, default: 0] -= 1 } }
        let result = try body()
        let count = bytes(result)
        state.change { state in
            if operation == .write { state.traffic.sentBytes += UInt64(count) }
            if operation == .read { state.traffic.receivedBytes += UInt64(count) }
            state.log.append(Request(operation: operation, folder: folder, id: id, bytes: count))
        }
        return result
    }

    package var location: String { inner.location }
    package var temporaryFolder: BytePath? { nil }
    package func createLayout() throws(VarveError) { try inner.createLayout() }
    package func prepareForWriting() throws(VarveError) { try inner.prepareForWriting() }

    package func readConfiguration() throws(VarveError) -> [UInt8]? {
        try request(.read, nil, bytes: { $0?.count ?? 0 }) { () throws(VarveError) in try inner.readConfiguration() }
    }

    package func writeConfiguration(_ bytes: [UInt8]) throws(VarveError) {
        try request(.write, nil, bytes: { _ in bytes.count }) { () throws(VarveError) in
            try inner.writeConfiguration(bytes)
        }
    }

    package func put(_ name: ObjectName, _ bytes: [UInt8]) throws(VarveError) {
        try request(.write, name.folder, name.id, bytes: { _ in bytes.count }) { () throws(VarveError) in
            try inner.put(name, bytes)
        }
    }

    package func put(_ name: ObjectName, from file: TemporaryFile) throws(VarveError) {
        let size = try reportingErrors(as: .local) { () throws(SystemError) in try file.file.size() }
        try request(.write, name.folder, name.id, bytes: { _ in Int(size) }) { () throws(VarveError) in
            try inner.put(name, from: file)
        }
    }

    package func read(_ name: ObjectName) throws(VarveError) -> [UInt8] {
        try request(.read, name.folder, name.id, bytes: { $0.count }) { () throws(VarveError) in try inner.read(name) }
    }

    package func read(
        _ name: ObjectName, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(VarveError) {
        try request(.read, name.folder, name.id, bytes: { _ in buffer.count }) { () throws(VarveError) in
            try inner.read(name, at: offset, into: buffer)
        }
    }

    package func list(_ folder: StorageFolder, _ body: (ListedObject) -> Void) throws(VarveError) {
        try request(.list, folder) { () throws(VarveError) in try inner.list(folder, body) }
    }

    package func delete(_ name: ObjectName) throws(VarveError) {
        try request(.delete, name.folder, name.id) { () throws(VarveError) in
            if state.change({ $0.retained.contains(name.folder) }) {
                throw VarveError(.retained, "\(name) is locked")
            }
            try inner.delete(name)
        }
    }

    package func setAside(_ name: ObjectName) throws(VarveError) {
        try request(.other, name.folder, name.id) { () throws(VarveError) in try inner.setAside(name) }
    }
}
