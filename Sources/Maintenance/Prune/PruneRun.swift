import Backends
import Primitives
import Repositories
import Snapshots
import Threads

/// Removes the packs that no snapshot needs, beside backups and other prunes (`format-spec/ordering.md`, "Pruners").
///
/// It puts no anchor of its own: whoever prunes would wait for it. What it stores is safe without, since it is checked again once it is
/// there, and no pack goes before.
package struct PruneRun: Sendable {
    private let repository: Repository
    private let policy: PrunePolicy
    private let maxWait: Double
    private let width: Int
    private let cancellation: Cancellation
    private let progress = Locked(PruneProgress())

    /// How many times at most is read what there is, while others change it.
    private static let readings = 16

    /// - Parameters:
    ///   - maxWait: seconds that sessions at work are waited for, in all.
    ///   - width: threads that compress.
    package init(
        _ repository: Repository, policy: PrunePolicy = PrunePolicy(), maxWait: Double = 7200, width: Int,
        cancellation: Cancellation
    ) {
        self.repository = repository
        self.policy = policy
        self.maxWait = maxWait
        self.width = width
        self.cancellation = cancellation
    }

    /// How far it has come; may be asked from any thread.
    package var currentProgress: PruneProgress { progress.withLock { $0 } }

    /// What would be done; changes nothing.
    ///
    /// - Parameter snapshots: are treated as if they were gone.
    /// - Throws: as ``run()``, but never kind `busy`.
    package func plan(without snapshots: Set<Digest> = []) throws(VarveError) -> PruneReport {
        let survey = try makeSurvey(known: repository.cache.seenSnapshots, without: snapshots)
        var report = PruneReport()
        report.leftPacks = survey.left.packs.count
        report.plan = try makePlan(survey)
        return report
    }

    /// Does it.
    ///
    /// - Throws: kind `damaged` where something cannot be read or is missing, and nothing more is deleted; kind `busy` where sessions
    ///   are at work beyond the time to wait: the next prune goes on then.
    package func run() throws(VarveError) -> PruneReport {
        try repository.backend.prepareForWriting()
        let deadline = repository.environment.clock.monotonicSeconds() + maxWait
        let session = Identifier(from: repository.environment.random)
        var known = repository.cache.seenSnapshots
        var report = PruneReport()
        func collection(_ survey: PruneSurvey) -> PackCollection {
            known.formUnion(survey.snapshots.all.map(\.id))
            return PackCollection(
                repository: repository, session: session, survey: survey, known: known, deadline: deadline,
                keepsPartialDeltas: policy.keepsPartialDeltas, width: width, cancellation: cancellation,
                progress: progress)
        }
        var survey = try makeSurvey(known: known)
        let left = survey.left
        if !left.isEmpty {
            report.leftPacks = left.packs.count
            try collection(survey).collect(left, goal: .allOver, &report)
            survey = try makeSurvey(known: known)
        }
        let plan = try makePlan(survey)
        report.plan = plan
        try adopt(survey, plan, session, &report)
        if !plan.victims.isEmpty {
            try collection(survey).collect(CondemnedPacks(condemning: plan.victims), goal: .allOver, &report)
        } else if !plan.spared.isEmpty {
            // Nothing goes now; what a dead session left goes next time. So one that was paused may still make sure of what it stored.
            try collection(survey).collect(CondemnedPacks(condemning: []), goal: .deadOnesKnown, &report)
        } else {
            try tidy(collection(survey), &report)
        }
        return report
    }

    private func tidy(_ collection: PackCollection, _ report: inout PruneReport) throws(VarveError) {
        do throws(VarveError) {
            try collection.tidy(collection.survey.index, collection.survey.snapshots, victims: [], &report)
        } catch  where error.kind == .notFound {
            // Another prune does the same.
            return
        }
    }

    private func makeSurvey(
        known: Set<Digest>, without ignored: Set<Digest> = []
    ) throws(VarveError) -> PruneSurvey {
        progress.withLock { $0.phase = .marking }
        func attempt() throws(VarveError) -> PruneSurvey {
            try PruneSurvey(of: repository, known: known, without: ignored, cancellation: cancellation) {
                progress.withLock { $0.nodes += 1 }
            }
        }
        var doubted: Set<ObjectName>?
        for _ in 0..<PruneRun.readings {
            do throws(VarveError) {
                return try attempt()
            } catch  where error.kind == .damaged || (error.kind == .local && error.isRetryable) {
                // Others may have put or removed a snapshot, or packs, between two of the readings; or the cache was damaged. Where
                // the same objects are there twice, it is meant.
                let names = try repository.namesOfRecord()
                if names == doubted { throw error }
                doubted = names
            }
        }
        throw VarveError(
            .busy, "the repository keeps changing", advice: "run it again later: nothing was deleted",
            isRetryable: true)
    }

    private func makePlan(_ survey: PruneSurvey) throws(VarveError) -> PrunePlan {
        PrunePlan(
            try survey.packUsages(keepsPartialDeltas: policy.keepsPartialDeltas), policy: policy,
            packSize: UInt64(repository.configuration.packSize))
    }

    /// Names in an index object the packs that none named and that are needed.
    private func adopt(
        _ survey: PruneSurvey, _ plan: PrunePlan, _ session: Identifier, _ report: inout PruneReport
    ) throws(VarveError) {
        if survey.index.unindexedPacks.isEmpty { return }
        let going = Set(plan.victims)
        let protected = Set(survey.anchors.map(\.session))
        var adopted: [PackRecord] = []
        for (id, size) in survey.index.unindexedPacks
        where !going.contains(id) && survey.index.chunks.contains(pack: id) {
            do throws(VarveError) {
                let record = try repository.readPackRecord(id, size: size)
                if !protected.contains(record.header.session) { adopted.append(record) }
            } catch  where error.kind == .notFound {
                // Another prune deleted it.
                continue
            }
        }
        report.adoptedPacks += adopted.count
        for start in stride(from: 0, to: adopted.count, by: 64) {
            try repository.putIndexObject(Array(adopted[start..<min(start + 64, adopted.count)]), session: session)
        }
    }
}
