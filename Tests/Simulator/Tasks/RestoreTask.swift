import FileIO
import Primitives
import Repositories
import Snapshots
import Threads

extension SimulatedProcess {
    /// Restores a promised snapshot into a folder while others are at work. What stands in place afterwards is right and whole.
    func restoreSome() {
        guard let promise = place.ledger.promised.randomElement(using: &world.random) else { return }
        note("restore of \(promise.tag) on \(machine.host)")
        let target = world.scratch.appending("restored-\(number)")
        do throws(VarveError) {
            let result = try repository.whilePresent(as: "restore") { () throws(VarveError) in
                try restore(try repository.readSnapshot(promise.id), to: target)
            }
            note("restore is done, \(result.failures.count) failures")
            examine(target, promise, result)
            if let first = result.failures.first { failUnlessExplained("\(first.path): \(first.problem)", promise) }
        } catch {
            note("restore fails: \(error.problem)")
            failUnlessExplained("\(error)", promise)
        }
        _ = try? OpenFile.open(world.scratch, .readOnly, .directory).removeTree(target.lastComponent)
    }

    private func restore(_ snapshot: Snapshot, to target: BytePath) throws(VarveError) -> RestoreResult {
        let index = try repository.loadIndex(readsUnindexedPacks: true)
        let reader = SegmentReader(repository: repository, index: index.chunks)
        var request = RestoreRequest(snapshot: snapshot, path: [], target: target)
        request.verifies = Bool.random(using: &world.random)
        return try RestoreRun(repository, reader, request, cancellation: Cancellation()).run()
    }

    private func examine(_ target: BytePath, _ promise: Ledger.Promise, _ result: RestoreResult) {
        let content = world.backups[promise.tag] ?? BackupContent()
        for (name, bytes) in content.streams.sorted(by: { $0.key < $1.key }) {
            let found = try? OpenFile.open(target.appending(name)).readAll(limit: 1 << 24)
            if let found, found != bytes { world.violate("\(name) of \(promise.tag) is restored with wrong bytes") }
            if found == nil, result.failures.isEmpty {
                world.violate("\(name) of \(promise.tag) is not restored, without an error")
            }
        }
        if let files = content.files {
            RestoredTreeAudit(world, files, below: target, isWhole: result.failures.isEmpty).run()
        }
    }

    private func failUnlessExplained(_ text: String, _ promise: Ledger.Promise) {
        let isExplained =
            !isUndisturbed || place.hasBeenDamaged || !place.ledger.isPromised(promise)
            || place.ledger.mayBeReplaced(promise)
        if !isExplained { world.violate("restore of \(promise.tag) fails without reason: \(text)") }
    }
}
