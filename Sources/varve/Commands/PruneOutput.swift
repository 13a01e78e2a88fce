import CommandLineSupport
import VarveKit

/// What a prune did or would do, for people and for programs.
struct PruneOutput {
    let report: PruneReport
    let isDryRun: Bool

    func write(_ context: CommandContext) throws {
        if isDryRun || context.isVerbose, let plan = report.plan { try writePacks(plan, context) }
        let traffic = context.takeTraffic()
        if context.isJSON { return try context.print(summary(traffic)) }
        if context.isQuiet { return }
        try context.print(isDryRun ? planned : done)
        if let line = CommandContext.line(traffic) { try context.print(line) }
    }

    // MARK: Packs

    private func writePacks(_ plan: PrunePlan, _ context: CommandContext) throws {
        for pack in plan.removed { try writePack(pack, "delete", "unused", context) }
        for repack in plan.repacked { try writePack(repack.pack, "repack", repack.reason.rawValue, context) }
    }

    private func writePack(_ pack: PackUsage, _ action: String, _ reason: String, _ context: CommandContext) throws {
        if context.isJSON {
            try context.print([
                "message_type": "pack", "action": .string(action), "reason": .string(reason),
                "id": .string(pack.id.hex), "size": .number(pack.size), "bytes_used": .number(pack.usedBytes),
                "bytes_unused": .number(pack.unusedBytes), "metadata": .bool(pack.isMetadata),
            ])
        } else if context.isVerbose {
            try context.print(
                "\(action) \(pack.id.hex) \(reason): \(ByteCount.format(pack.usedBytes)) of "
                    + "\(ByteCount.format(pack.size)) needed")
        }
    }

    // MARK: The summary

    private func summary(_ traffic: Traffic?) -> JSONValue {
        let plan = report.plan ?? PrunePlan([], policy: PrunePolicy(), packSize: 1)
        return [
            "message_type": "summary", "dry_run": .bool(isDryRun),
            "packs_unused": .number(plan.removed.count), "bytes_in_unused_packs": .number(plan.removedBytes),
            "packs_to_repack": .number(plan.repacked.count), "bytes_to_repack": .number(plan.repackedBytes),
            "bytes_to_rewrite": .number(plan.rewrittenBytes), "bytes_to_free": .number(plan.freedBytes),
            "bytes_used": .number(plan.usedBytes), "bytes_unused_left": .number(plan.remainingUnusedBytes),
            "packs_left_by_others": .number(report.leftPacks), "packs_of_running_sessions": .number(plan.spared.count),
            "packs_deleted": .number(report.deletedPacks), "bytes_deleted": .number(report.deletedBytes),
            "packs_written": .number(report.writtenPacks), "bytes_written": .number(report.writtenBytes),
            "packs_adopted": .number(report.adoptedPacks),
            "index_objects_replaced": .number(report.replacedIndexObjects),
            "sessions_ended": .number(report.endedSessions),
            "void_snapshots_deleted": .number(report.deletedSnapshots.count),
            "packs_unreadable": .number(report.unreadablePacks),
            "packs_retained": .number(report.retainedPacks), "bytes_retained": .number(report.retainedBytes),
            "traffic": CommandContext.json(traffic),
        ]
    }

    private func packs(_ count: Int) -> String { counted(UInt64(count), "pack") }

    private var planned: [String] {
        var lines: [String] = []
        if report.leftPacks > 0 {
            lines.append("an earlier prune left \(packs(report.leftPacks)), which would be deleted first")
        }
        guard let plan = report.plan else { return lines }
        lines.append(
            "would delete \(packs(plan.removed.count)) (\(ByteCount.format(plan.removedBytes))) in which nothing is needed"
        )
        lines.append(
            "would write \(packs(plan.repacked.count)) (\(ByteCount.format(plan.repackedBytes))) anew, of which "
                + "\(ByteCount.format(plan.rewrittenBytes)) is needed")
        lines.append("would free about \(ByteCount.format(plan.freedBytes)); " + left(plan))
        return lines + spared(plan)
    }

    private var done: [String] {
        var lines: [String] = []
        if report.leftPacks > 0 { lines.append("finished what an earlier prune left: \(packs(report.leftPacks))") }
        if report.endedSessions > 0 { lines.append("ended \(counted(UInt64(report.endedSessions), "dead session"))") }
        if report.deletedSnapshots.count > 0 {
            lines.append("deleted \(counted(UInt64(report.deletedSnapshots.count), "snapshot")) that did not count")
        }
        if report.adoptedPacks > 0 { lines.append("put \(packs(report.adoptedPacks)) into the index that it lacked") }
        lines.append("deleted \(packs(report.deletedPacks)) (\(ByteCount.format(report.deletedBytes)))")
        if report.retainedPacks > 0 {
            lines.append(
                "retained by the storage, tried again next time: \(packs(report.retainedPacks)) "
                    + "(\(ByteCount.format(report.retainedBytes)))")
        }
        if report.writtenPacks > 0 {
            lines.append(
                "wrote \(packs(report.writtenPacks)) (\(ByteCount.format(report.writtenBytes))) with what was needed of them"
            )
        }
        let freed = report.deletedBytes - min(report.deletedBytes, report.writtenBytes)
        lines.append("freed \(ByteCount.format(freed))" + (report.plan.map { "; " + left($0) } ?? ""))
        return lines + (report.plan.map(spared) ?? [])
    }

    private func left(_ plan: PrunePlan) -> String {
        let all = plan.usedBytes + plan.remainingUnusedBytes
        let share = all > 0 ? UInt64(Double(plan.remainingUnusedBytes) / Double(all) * 1000) : 0
        return "unused and left: \(ByteCount.format(plan.remainingUnusedBytes)) (\(share / 10).\(share % 10) %)"
    }

    private func spared(_ plan: PrunePlan) -> [String] {
        plan.spared.isEmpty ? [] : ["left alone \(packs(plan.spared.count)) of sessions that are at work"]
    }
}
