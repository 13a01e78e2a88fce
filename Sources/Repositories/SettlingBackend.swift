import Backends
import FileIO
import Primitives
import Threads

/// A storage whose listings are late: whoever lists waits until what this process changed before can be seen by all, and whoever
/// takes something away waits until what it put before can be (`format-spec/ordering.md`): else others would see neither an
/// index object nor the one that it replaces.
///
/// Twice the delay: once until others see the change, once until what they did before they saw it shows here. And once the delay
/// between listings of two folders: what the first shows may be younger than what the second must show for it, as an index
/// object is than the packs that it names.
struct SettlingBackend: Backend {
    private let inner: any Backend
    private let environment: RepositoryEnvironment
    /// Moments of the monotonic clock.
    private struct Moments {
        var lastChange = -Double.infinity
        var lastPut = -Double.infinity
        /// When each folder was listed last.
        var listings: [StorageFolder: Double] = [:]
    }

    private let moments = Locked(Moments())

    init(_ inner: any Backend, environment: RepositoryEnvironment) {
        self.inner = inner
        self.environment = environment
    }

    func list(_ folder: StorageFolder, _ body: (ListedObject) -> Void) throws(VarveError) {
        let (change, listing) = moments.withLock { moments in
            let others = moments.listings.filter { $0.key != folder }.values
            return (moments.lastChange, others.max() ?? -Double.infinity)
        }
        waitUntil(max(change + 2 * inner.visibilityDelay, listing + inner.visibilityDelay))
        try inner.list(folder, body)
        let now = environment.clock.monotonicSeconds()
        moments.withLock { $0.listings[folder] = now }
    }

    /// Until everybody sees what was put.
    private func waitForPuts() { waitUntil(moments.withLock { $0.lastPut } + 2 * inner.visibilityDelay) }

    private func waitUntil(_ moment: Double) {
        while environment.clock.monotonicSeconds() < moment {
            environment.sleep(moment - environment.clock.monotonicSeconds(), Cancellation())
        }
    }

    // What fails is noted too: it may have happened all the same.

    private func noteChange(isPut: Bool) {
        let now = environment.clock.monotonicSeconds()
        moments.withLock { moments in
            moments.lastChange = max(moments.lastChange, now)
            if isPut { moments.lastPut = max(moments.lastPut, now) }
        }
    }

    func put(_ name: ObjectName, _ bytes: [UInt8]) throws(VarveError) {
        defer { noteChange(isPut: true) }
        try inner.put(name, bytes)
    }

    func put(_ name: ObjectName, from file: TemporaryFile) throws(VarveError) {
        defer { noteChange(isPut: true) }
        try inner.put(name, from: file)
    }

    func delete(_ name: ObjectName) throws(VarveError) {
        waitForPuts()
        defer { noteChange(isPut: false) }
        try inner.delete(name)
    }

    func delete(_ names: [ObjectName]) -> [FailedDeletion] {
        waitForPuts()
        defer { noteChange(isPut: false) }
        return inner.delete(names)
    }

    func setAside(_ name: ObjectName) throws(VarveError) {
        waitForPuts()
        defer { noteChange(isPut: false) }
        try inner.setAside(name)
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
