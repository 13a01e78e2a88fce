import CommandLineSupport
import VarveKit

/// What `varve check` says of what it found.
struct CheckOutput {
    private let report: CheckReport
    private let arguments: CheckArguments
    private let context: CommandContext

    init(_ report: CheckReport, _ arguments: CheckArguments, _ context: CommandContext) {
        self.report = report
        self.arguments = arguments
        self.context = context
    }

    func write() throws {
        for problem in report.problems { try write(problem) }
        try writePacks("unreferenced", report.unreferencedPacks, "no snapshot needs anything in the pack")
        try writePacks("condemned", report.condemnedPacks, "a prune is removing the pack")
        let traffic = context.takeTraffic()
        if context.isJSON { return try writeSummary(traffic) }
        if report.furtherProblems > 0 { context.warn("and \(report.furtherProblems) further problems") }
        if let error = report.recordingFailure {
            context.warn("the damage could not be written down in the repository: \(error.problem)")
        }
        if context.isQuiet { return }
        try context.print(lines)
        if let line = CommandContext.line(traffic) { try context.print(line) }
    }

    private func write(_ problem: CheckProblem) throws {
        if context.isJSON {
            try context.print([
                "message_type": "problem", "severity": .string(problem.severity.rawValue),
                "object": .string(problem.object), "message": .string(problem.problem),
            ])
        } else if problem.severity == .damage || context.isVerbose {
            context.warn("\(problem.object): \(problem.problem)")
        }
    }

    private func writePacks(_ state: String, _ packs: [ListedObject], _ text: String) throws {
        for pack in packs {
            if context.isJSON {
                try context.print([
                    "message_type": "pack", "id": .string(pack.id.hex), "size": .number(pack.size),
                    "state": .string(state),
                ])
            } else if context.isVerbose {
                context.warn("\(ObjectName(.data, pack.id)): \(text)")
            }
        }
    }

    private func writeSummary(_ traffic: Traffic?) throws {
        try context.print([
            "message_type": "summary", "snapshots": .number(report.snapshots), "packs": .number(report.packs),
            "pack_bytes": .number(report.packBytes), "bytes_read": .number(report.readBytes),
            "index_objects": .number(report.indexObjects), "tree_nodes": .number(report.treeNodes),
            "list_nodes": .number(report.listNodes), "chunk_references": .number(report.chunkReferences),
            "unreferenced_packs": .number(report.unreferencedPacks.count),
            "condemned_packs": .number(report.condemnedPacks.count),
            "damage_recorded": .number(report.recordedParts),
            "bytes_never_verified": report.standing.map { .number($0.neverVerifiedBytes) } ?? .null,
            "oldest_verification": report.standing?.oldest.map { .string($0.rfc3339) } ?? .null,
            "problems": .number(report.damageCount), "ok": .bool(report.damageCount == 0),
            "traffic": CommandContext.json(traffic),
        ])
    }

    private var lines: [String] {
        let packs = "\(counted(UInt64(report.packs), "pack")) (\(ByteCount.format(report.packBytes)))"
        var lines: [String] = []
        if arguments.isKeyless {
            lines.append("compared all objects with their names, \(packs) among them")
        } else {
            lines.append(
                "checked \(counted(UInt64(report.snapshots), "snapshot")), \(packs), "
                    + counted(report.chunkReferences, "chunk reference")
                    + (report.readBytes > 0 ? ", \(ByteCount.format(report.readBytes)) read" : ""))
        }
        if !report.unreferencedPacks.isEmpty {
            lines.append("\(size(of: report.unreferencedPacks)) that no snapshot needs: `varve prune` removes them")
        }
        if !report.condemnedPacks.isEmpty {
            lines.append("\(size(of: report.condemnedPacks)) that a prune has begun to remove")
        }
        if let standing = report.standing { lines.append(text(of: standing)) }
        if report.damageCount == 0 { return lines + ["no problems found"] }
        lines.append("\(counted(UInt64(report.damageCount), "problem")) found: data is damaged or missing")
        if report.recordedParts > 0 {
            lines.append(
                "written down in the repository: the next backup stores again what it still has; "
                    + "then `varve repair packs` saves the rest")
        } else if !arguments.recordsDamage, !report.damagedParts.isEmpty {
            lines.append("not written down in the repository, as --no-record says")
        }
        return lines
    }

    private func size(of packs: [ListedObject]) -> String {
        let bytes = packs.reduce(0) { $0 + $1.size }
        return "\(counted(UInt64(packs.count), "pack")) (\(ByteCount.format(bytes)))"
    }

    private func text(of standing: VerificationLedger.Standing) -> String {
        var parts: [String] = []
        if standing.neverVerifiedBytes > 0 {
            parts.append("\(ByteCount.format(standing.neverVerifiedBytes)) never read by this machine's checks")
        }
        if let oldest = standing.oldest {
            let age = max(0, SystemClock().now().nanoseconds - oldest.nanoseconds) / 1_000_000_000
            parts.append("the oldest verification is from \(age / 86400) days ago")
        }
        return parts.isEmpty ? "no packs to verify" : parts.joined(separator: "; ")
    }
}
