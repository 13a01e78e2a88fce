import Backends
import Maintenance
import Primitives
import Repositories
import Threads

/// Reads packs back and compares them with their names.
struct CopyVerification {
    let repository: Repository
    let figures: Locked<TransferFigures>
    let cancellation: Cancellation

    /// - Parameter packs: with the sizes that they must have.
    /// - Throws: kind `damaged`, once records say so, where one is not what was put.
    func run(_ packs: [ListedObject]) throws(VarveError) {
        figures.withLock { $0.phase = .verifying }
        var listing: [Digest: UInt64] = [:]
        try repository.backend.list(.data) { listing[$0.id] = $0.size }
        let wrong = Locked(Set(packs.filter { listing[$0.id] != $0.size }.map(\.id)))
        let width = max(2, repository.backend.concurrency)
        try ParallelRun(width: width, cancellation: cancellation).run(packs) { pack throws(VarveError) in
            guard !wrong.withLock({ $0.contains(pack.id) }) else { return }
            do throws(VarveError) {
                if try digest(of: pack) == pack.id { return }
            } catch  where error.kind == .damaged || error.kind == .notFound {
                // Said below, with all others.
            }
            wrong.withLock { _ = $0.insert(pack.id) }
        }
        let damaged = wrong.withLock { $0 }.sorted()
        guard let first = damaged.first else { return }
        try repository.putRecord(.damage(damaged.map { IndexRecord.DamagedPart(pack: $0, segment: nil) }))
        throw VarveError(
            .damaged,
            "\(damaged.count) of \(packs.count) packs are not what was put, the first is \(ObjectName(.data, first)) in \(repository.backend.location)",
            advice: "it was written down that they are damaged: look at the storage, and run the command again",
            isRetryable: true)
    }

    private func digest(of pack: ListedObject) throws(VarveError) -> Digest {
        try repository.backend.digest(
            of: ObjectName(.data, pack.id), size: pack.size, step: PackTransfer.rangeLength, cancellation
        ) { range throws(VarveError) in
            figures.withLock { $0.verifiedBytes += UInt64(range.count) }
        }
    }
}
