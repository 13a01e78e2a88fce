import Synchronization

/// A change of the file system that was made, for tests that look at what a crash leaves of it.
package enum FileChange: Hashable, Sendable {
    case makeFolder(BytePath)
    /// The file was opened, and created where it was missing.
    case create(BytePath)
    /// The offset is `nil` for the file's own position.
    case write(BytePath, offset: Int64?, [UInt8])
    case setSize(BytePath, Int64)
    /// A file, or the names in a folder, was made durable. A file goes by the name that it was opened under.
    case synchronize(BytePath)
    case rename(BytePath, to: BytePath)
    case link(BytePath, to: BytePath)
    case remove(BytePath)

    private static let isObserved = Atomic<Bool>(false)
    private nonisolated(unsafe) static var observer: @Sendable (FileChange) -> Void = { _ in }

    /// From now on `observer` is told of what changes files and names, on the threads that make it. Metadata, symbolic links and special
    /// files are left out.
    ///
    /// May be called once in a process: nobody waits for those who are just telling another.
    package static func observe(_ observer: @escaping @Sendable (FileChange) -> Void) {
        precondition(!isObserved.load(ordering: .acquiring), "there is an observer already")
        self.observer = observer
        isObserved.store(true, ordering: .releasing)
    }

    /// Costs one load where nobody observes.
    @inline(__always)
    static func tell(_ change: @autoclosure () -> FileChange) {
        if isObserved.load(ordering: .acquiring) { observer(change()) }
    }
}
