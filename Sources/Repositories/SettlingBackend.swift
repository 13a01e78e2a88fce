import Backends
import FileIO
import Primitives
import Threads

/// A storage whose listings are late: whoever lists waits until what this process changed before can be seen by all
/// (`format-spec/ordering.md`).
///
/// Twice the delay: once until others see the change, once until what they did before they saw it shows here. And once the delay
/// between listings of two folders: what the first shows may be younger than what the second must show for it, as an index
/// object is than the packs that it names.
struct SettlingBackend: Backend {
    private let inner: any Backend
    private let environment: RepositoryEnvironment
    private let last = Locked(Moments())

    /// Moments of the monotonic clock.
    private struct Moments {
        /// When the last change was done.
        var change = -Double.infinity
        /// When each folder was listed last.
        var listings: [StorageFolder: Double] = [:]
    }

    init(_ inner: any Backend, environment: RepositoryEnvironment) {
        self.inner = inner
        self.environment = environment
    }

    func list(_ folder: StorageFolder, _ body: (ListedObject) -> Void) throws(VarveError) {
        let settled = last.withLock { last in
            let others = last.listings.filter { $0.key != folder }.values
            return max(last.change + 2 * inner.visibilityDelay, (others.max() ?? last.change) + inner.visibilityDelay)
        }
        while environment.clock.monotonicSeconds() < settled {
            environment.sleep(settled - environment.clock.monotonicSeconds(), Cancellation())
        }
        try inner.list(folder, body)
        last.withLock { $0.listings[folder] = environment.clock.monotonicSeconds() }
    }

    /// Notes that something changes, also where it fails: it may have happened all the same.
    private func changing<Result>(_ body: () throws(VarveError) -> Result) throws(VarveError) -> Result {
        defer { noteChange() }
        return try body()
    }

    private func noteChange() {
        let now = environment.clock.monotonicSeconds()
        last.withLock { $0.change = max($0.change, now) }
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
