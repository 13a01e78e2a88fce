import Backends
import Primitives
import Repositories
import Threads

/// Compares the bytes of every object with its name, which is their SHA-256. It needs no password and opens nothing, so it can run on the
/// machine that holds the storage.
package struct KeylessCheck: Sendable {
    private let backend: any Backend
    private let subset: DataSubset
    private let width: Int
    private let cancellation: Cancellation
    private let report = Locked(CheckReport())

    /// - Parameter subset: which packs are read; all other objects always are.
    package init(_ backend: any Backend, subset: DataSubset = .all, width: Int, cancellation: Cancellation) {
        self.backend = backend
        self.subset = subset
        self.width = max(width, backend.concurrency)
        self.cancellation = cancellation
    }

    /// What was looked at so far; may be asked from any thread.
    package var currentReport: CheckReport { report.withLock { $0 } }

    /// Does it.
    ///
    /// - Throws: where the storage fails, or there is no repository; damage is in the report.
    package func run() throws(VarveError) -> CheckReport {
        guard let configuration = try backend.readConfiguration() else {
            throw VarveError(
                .repositoryMissing, "there is no repository at \(backend.location)", advice: "check the name")
        }
        do throws(VarveError) {
            _ = try RepositoryConfiguration(decoding: configuration)
        } catch {
            report.withLock { $0.add(error) }
        }
        for folder in StorageFolder.allCases {
            var objects = try backend.list(folder).sorted { $0.id < $1.id }
            if folder == .data {
                objects = subset.chosen(among: objects, VerificationLedger())
                report.withLock { report in
                    report.packs = objects.count
                    report.packBytes = objects.reduce(0) { $0 + $1.size }
                    report.chosenBytes = report.packBytes
                }
            }
            let threads = ParallelRun(width: width, cancellation: cancellation)
            try threads.run(objects) { object throws(VarveError) in
                try check(ObjectName(folder, object.id), size: object.size)
            }
        }
        return currentReport
    }

    private func check(_ name: ObjectName, size: UInt64) throws(VarveError) {
        do throws(VarveError) {
            let step = backend.isDistant ? 4 << 20 : 1 << 20
            let digest = try backend.digest(of: name, size: size, step: step, cancellation) { part throws(VarveError) in
                if name.folder == .data { report.withLock { $0.readBytes += UInt64(part.count) } }
            }
            if digest == name.id { return }
            let problem = "its bytes do not have the SHA-256 that is its name"
            report.withLock { $0.add(CheckProblem(.damage, "\(name)", problem)) }
        } catch  where error.kind == .damaged {
            report.withLock { $0.add(error) }
        } catch  where error.kind == .notFound {
            // Removed since the listing: heartbeats come and go, and a prune may be at work.
            return
        }
    }
}
