import CommandLineSupport
import VarveKit

/// Shows what `varve forget` keeps and why, and what it removes.
struct ForgetReport {
    let isDryRun: Bool
    private let plan: ForgetPlan
    private let context: CommandContext

    init(_ plan: ForgetPlan, isDryRun: Bool, _ context: CommandContext) {
        self.plan = plan
        self.isDryRun = isDryRun
        self.context = context
    }

    // MARK: Groups

    func writeGroups() throws {
        for group in plan.groups {
            if context.isJSON {
                try context.print(json(group))
            } else if !context.isQuiet || isDryRun {
                if group.key != SnapshotGrouping.Key() { try context.print(TerminalText.printable("\(group.key):")) }
                try context.print(table(group).lines)
                try context.print("keep \(group.kept.count), remove \(group.removed.count)\n")
            }
        }
    }

    private func table(_ group: ForgetPlan.Group) -> Table {
        var table = Table([
            .left(""), .left("ID"), .left("Time"), .left("Host"), .left("Tags"), .left("Why"),
            .left("Streams and paths"),
        ])
        for decision in group.decisions {
            let record = decision.snapshot.record
            table.append([
                decision.reasons.isEmpty ? "remove" : "keep",
                context.isVerbose ? decision.snapshot.id.hex : decision.snapshot.id.shortHex,
                LocalTime.format(nanoseconds: record.time.nanoseconds), record.host,
                record.tags.joined(separator: ","), decision.reasons.map(\.description).joined(separator: ", "),
                (record.streams + record.paths).joined(separator: ", "),
            ])
        }
        return table
    }

    private func json(_ group: ForgetPlan.Group) -> JSONValue {
        func list(_ texts: [String]?) -> JSONValue { texts.map { .strings($0) } ?? .null }
        return [
            "message_type": "forget_group", "hostname": group.key.host.map { .string($0) } ?? .null,
            "tags": list(group.key.tags), "streams": list(group.key.streams), "paths": list(group.key.paths),
            "keep": .array(
                group.kept.map {
                    .object(members($0.snapshot) + [.init("reasons", .strings($0.reasons.map(\.description)))])
                }),
            "remove": .array(group.removed.map { .object(members($0)) }),
        ]
    }

    private func members(_ snapshot: Snapshot) -> [JSONValue.Member] {
        [
            .init("id", .string(snapshot.id.hex)), .init("short_id", .string(snapshot.id.shortHex)),
            .init("time", .string(snapshot.record.time.rfc3339)),
        ]
    }

    // MARK: The end

    /// - Parameter result: `nil` where nothing was to be removed.
    func writeSummary(_ result: SnapshotRemoval.Result?) throws {
        for (snapshot, error) in result?.retained ?? [] { context.warnRetained(snapshot, error) }
        let removed = result?.removed.count ?? 0
        let traffic = context.takeTraffic()
        if context.isJSON {
            return try context.print([
                "message_type": "summary", "groups": .number(plan.groups.count), "keep": .number(plan.keptCount),
                "remove": .number(plan.removed.count), "removed": .number(removed),
                "retained": .strings((result?.retained ?? []).map(\.snapshot.id.hex)), "dry_run": .bool(isDryRun),
                "traffic": CommandContext.json(traffic),
            ])
        }
        if context.isQuiet { return }
        let count = counted(UInt64(isDryRun ? plan.removed.count : removed), "snapshot")
        try context.print(isDryRun ? "would remove \(count); nothing was removed" : "removed \(count)")
        if let line = CommandContext.line(traffic) { try context.print(line) }
    }
}

extension CommandContext {
    /// Says that the storage did not let a snapshot go: for now, as object lock does not, or because something went wrong.
    func warnRetained(_ snapshot: Snapshot, _ error: VarveError) {
        let why = error.kind == .retained ? "is retained by the storage, tried again next time" : "could not be removed"
        warn("snapshot \(snapshot.id.shortHex) \(why), and counts as before: \(error.problem)")
    }
}
