import Backends
import FileIO
import Primitives
import Threads

/// A storage whose listings are late: whoever lists waits until what this process changed before can be seen by all
/// (`format-spec/ordering.md`).
///
/// Twice the delay: once until others see the change, once until what they did before they saw it shows here.
struct SettlingBackend: Backend {
    private let inner: any Backend
    private let environment: RepositoryEnvironment
    /// The moment of the monotonic clock at which the last change was done.
    private let lastChange = Locked(-Double.infinity)

    init(_ inner: any Backend, environment: RepositoryEnvironment) {
        self.inner = inner
        self.environment = environment
    }

    func list(_ folder: StorageFolder, _ body: (ListedObject) -> Void) throws(VarveError) {
        let settled = lastChange.withLock { $0 } + 2 * inner.visibilityDelay
        while environment.clock.monotonicSeconds() < settled {
            environment.sleep(settled - environment.clock.monotonicSeconds(), Cancellation())
        }
        try inner.list(folder, body)
    }

    /// Notes that something changes, also where it fails: it may have happened all the same.
    private func changing<Result>(_ body: () throws(VarveError) -> Result) throws(VarveError) -> Result {
        defer { noteChange() }
        return try body()
    }

    private func noteChange() {
        let now = environment.clock.monotonicSeconds()
        lastChange.withLock { $0 = max($0, now) }
    }

    func put(_ name: ObjectName, _ bytes: [UInt8]) throws(VarveError) {
        try changing { () throws(VarveError) in try inner.put(name, bytes) }
    }

    func put(_ name: ObjectName, from file: TemporaryFile) throws(VarveError) {
        try changing { () throws(VarveError) in try inner.put(name, from: file) }
    }

    func delete(_ name: ObjectName) throws(VarveError) {
        try changing { () throws(VarveError) in try inner.delete(name) }
    }

    func delete(_ names: [ObjectName]) -> [FailedDeletion] {
        defer { noteChange() }
        return inner.delete(names)
    }

    func setAside(_ name: ObjectName) throws(VarveError) {
        try changing { () throws(VarveError) in try inner.setAside(name) }
    }

    // MARK: What does not change

    var location: String { inner.location }
    var temporaryFolder: BytePath? { inner.temporaryFolder }
    var concurrency: Int { inner.concurrency }
    var visibilityDelay: Double { inner.visibilityDelay }
    var traffic: Traffic? { inner.traffic }
    func close() { inner.close() }
    func readConfiguration() throws(VarveError) -> [UInt8]? { try inner.readConfiguration() }
    func createLayout() throws(VarveError) { try inner.createLayout() }
    func writeConfiguration(_ bytes: [UInt8]) throws(VarveError) { try inner.writeConfiguration(bytes) }
    func prepareForWriting() throws(VarveError) { try inner.prepareForWriting() }
    func read(_ name: ObjectName) throws(VarveError) -> [UInt8] { try inner.read(name) }

    func read(_ name: ObjectName, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(VarveError) {
        try inner.read(name, at: offset, into: buffer)
    }
}
