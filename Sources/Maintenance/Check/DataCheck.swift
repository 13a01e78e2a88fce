import Backends
import Primitives
import Repositories
import Threads

/// Reads packs whole, as many as are asked for, and remembers which of them were right.
struct DataCheck {
    private let check: PackCheck
    private let memory: CacheFolder?
    private let width: Int

    init(_ check: PackCheck, memory: CacheFolder?, width: Int) {
        self.check = check
        self.memory = memory
        self.width = max(width, check.repository.backend.concurrency)
    }

    /// - Parameter subset: which packs; `nil` for none.
    func run(_ subset: DataSubset?) throws(VarveError) {
        // What a record names as a whole counts as absent.
        let packs = check.index.listing.map { ListedObject(id: $0.key, size: $0.value) }
            .filter { !check.recording.isKnown(IndexRecord.DamagedPart(pack: $0.id, segment: nil)) }
        var ledger = (memory?.verified).flatMap { try? VerificationLedger(decoding: $0) } ?? VerificationLedger()
        if let subset {
            let chosen = subset.chosen(among: packs, ledger)
            check.report.withLock { $0.chosenBytes = chosen.reduce(0) { $0 + $1.size } }
            // What was verified before the work was ended is remembered as well.
            defer { remember(among: packs, &ledger) }
            try ParallelRun(width: width, cancellation: check.cancellation).run(chosen) {
                [check] pack throws(VarveError) in
                try check.check(pack)
            }
        }
        if memory == nil { return }
        let standing = ledger.standing(of: packs)
        check.report.withLock { $0.standing = standing }
    }

    private func remember(among packs: [ListedObject], _ ledger: inout VerificationLedger) {
        let environment = check.repository.environment
        let now = environment.clock.now()
        for pack in check.verified { ledger.note(pack, at: now) }
        guard let memory else { return }
        let own = ledger
        do throws(VarveError) {
            try memory.updateVerified { bytes in
                var merged = bytes.flatMap { try? VerificationLedger(decoding: $0) } ?? VerificationLedger()
                merged.merge(own)
                merged.keep(Set(packs.map(\.id)))
                return merged.encoded
            }
        } catch {
            environment.warn("what was verified cannot be remembered: \(error.problem)")
        }
    }
}
