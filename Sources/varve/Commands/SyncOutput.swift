import CommandLineSupport
import VarveKit

/// What a sync did or would do, for people and for programs.
struct SyncOutput {
    private let report: SyncReport
    private let isDryRun: Bool
    private let source: Repository
    private let destination: Repository

    init(_ report: SyncReport, isDryRun: Bool, _ source: Repository, _ destination: Repository) {
        self.report = report
        self.isDryRun = isDryRun
        self.source = source
        self.destination = destination
    }

    func write(_ context: CommandContext) throws {
        for copy in report.copies { try write("copied", copy.original, copy: copy.copy, context) }
        if isDryRun { for snapshot in planned { try write("to_copy", snapshot, context) } }
        for snapshot in report.selection.present { try write("present", snapshot, context) }
        for snapshot in report.selection.forgotten { try write("forgotten_there", snapshot, context) }
        for snapshot in report.selection.notKept { try write("not_kept", snapshot, context) }
        for failed in report.failed {
            try write("failed", failed.snapshot, error: failed.error, context)
            if !context.isJSON {
                context.warn("\(context.headline(failed.snapshot)) was not copied: \(failed.error.problem)")
            }
        }
        if context.isJSON { return try context.print(summary(context)) }
        if context.isQuiet { return }
        try context.print(lines(context))
    }

    /// What a dry run would copy.
    private var planned: [Snapshot] {
        let failed = Set(report.failed.map(\.snapshot.id))
        return report.selection.copied.filter { !failed.contains($0.id) }
    }

    // MARK: Snapshots

    private static let words = [
        "copied": "copied", "to_copy": "would copy", "present": "already there",
        "forgotten_there": "was forgotten there", "not_kept": "not kept by the policy",
    ]

    private func write(
        _ action: String, _ snapshot: Snapshot, copy: Snapshot? = nil, error: VarveError? = nil,
        _ context: CommandContext
    ) throws {
        if context.isJSON {
            return try context.print([
                "message_type": "snapshot", "action": .string(action), "id": .string(snapshot.id.hex),
                "original": .string(snapshot.origin.hex), "copy": copy.map { .string($0.id.hex) } ?? .null,
                "time": .string(snapshot.record.time.rfc3339),
                "message": error.map { .string($0.problem) } ?? .null,
            ])
        }
        let isShown = context.isVerbose || (isDryRun && action == "to_copy")
        guard isShown, let word = SyncOutput.words[action] else { return }
        try context.print(
            "\(word): \(context.headline(snapshot))" + (copy.map { ", there \($0.id.shortHex)" } ?? ""))
    }

    // MARK: The summary

    private func summary(_ context: CommandContext) -> JSONValue {
        let figures = report.figures
        let plan = report.plan
        return [
            "message_type": "summary", "dry_run": .bool(isDryRun), "from": .string(source.backend.location),
            "to": .string(destination.backend.location), "same_family": .bool(report.isFamily),
            "snapshots_copied": .number(isDryRun ? planned.count : report.copies.count),
            "snapshots_present": .number(report.selection.present.count),
            "snapshots_forgotten_there": .number(report.selection.forgotten.count),
            "snapshots_not_kept": .number(report.selection.notKept.count),
            "snapshots_failed": .number(report.failed.count),
            "packs_copied": .number(plan?.whole.count ?? figures.packs),
            "bytes_copied": .number(plan?.wholeBytes ?? figures.packBytes),
            "segments_sealed_anew": .number(
                plan?.partial.reduce(0) { $0 + $1.segments.count } ?? figures.segments),
            "packs_written": .number(figures.newPacks), "bytes_written": .number(figures.newPackBytes),
            "bytes_read": .number(figures.readBytes), "bytes_verified": .number(figures.verifiedBytes),
            "source_packs_damaged": .strings(report.damagedSourcePacks.sorted().map(\.hex)),
            "keyrings_copied": .number(report.keyrings),
            "traffic": .array([source, destination].map(context.trafficJSON).filter { $0 != .null }),
        ]
    }

    private func lines(_ context: CommandContext) -> [String] {
        let figures = report.figures
        let count = counted(UInt64(isDryRun ? planned.count : report.copies.count), "snapshot")
        var lines = ["\(isDryRun ? "would copy" : "copied") \(count) to \(destination.backend.location)"]
        if let plan = report.plan {
            lines.append(
                "\(counted(UInt64(plan.whole.count), "pack")) (\(ByteCount.format(plan.wholeBytes))) as they are, "
                    + "and \(ByteCount.format(plan.partialBytes)) of \(counted(UInt64(plan.partial.count), "other"))")
        } else if figures.packs + figures.newPacks > 0 {
            lines.append(
                "\(counted(UInt64(figures.packs), "pack")) (\(ByteCount.format(figures.packBytes))) as they were; "
                    + "\(counted(UInt64(figures.segments), "segment")) sealed anew, "
                    + "\(counted(UInt64(figures.newPacks), "new pack")) (\(ByteCount.format(figures.newPackBytes)))")
        }
        if figures.verifiedBytes > 0 { lines.append("read back \(ByteCount.format(figures.verifiedBytes))") }
        let others = [
            (report.selection.present.count, "already there"), (report.selection.forgotten.count, "forgotten there"),
            (report.selection.notKept.count, "not kept by the policy"), (report.failed.count, "failed"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        if !others.isEmpty { lines.append("the others: " + others.joined(separator: ", ")) }
        if !report.damagedSourcePacks.isEmpty {
            lines.append(
                "\(counted(UInt64(report.damagedSourcePacks.count), "pack")) damaged at \(source.backend.location): "
                    + "run `varve check --read-data` there")
        }
        return lines + [source, destination].compactMap(context.trafficLine)
    }
}
