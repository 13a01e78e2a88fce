import CommandLineSupport
import VarveKit

/// `varve check`: is everything there, and whole.
enum CheckCommand: Command {
    static let declaration = CommandDeclaration(
        "check", abstract: "Check that everything in the repository is there and whole.",
        discussion:
            "Without options: every snapshot, tree, list, index entry and pack is there and has the right size. With --read-data "
            + "every byte of every pack is read and checked as well.",
        examples: [
            Example("varve check", "structure"),
            Example("varve check --read-data", "every byte; takes as long as reading the repository"),
        ],
        options: [.flag("read-data", help: "Read and check all packs.")])

    static func run(_ context: CommandContext) throws -> Int32 {
        let repository = try context.openRepository(cached: false)
        let run = CheckRun(
            repository, readsData: context.arguments.flag("read-data"), width: context.width,
            cancellation: context.cancellation)
        let readsData = context.arguments.flag("read-data")
        let report = try context.withProgress({
            let report = run.currentReport
            return ProgressFigures(
                bytesDone: report.readBytes, bytesTotal: readsData ? report.packBytes : nil,
                filesDone: UInt64(report.snapshots))
        }) { () throws(VarveError) in
            try repository.whilePresent(as: "check") { () throws(VarveError) in try run.run() }
        }
        try write(report, context)
        return report.isDamaged ? 13 : 0
    }

    private static func write(_ report: CheckReport, _ context: CommandContext) throws {
        for problem in report.problems {
            if context.isJSON {
                try context.print([
                    "message_type": "problem", "severity": .string(problem.severity.rawValue),
                    "object": .string(problem.object), "message": .string(problem.problem),
                ])
            } else if problem.severity == .damage || context.isVerbose {
                context.warn("\(problem.object): \(problem.problem)")
            }
        }
        let damage = report.problems.filter { $0.severity == .damage }.count + report.furtherProblems
        if context.isJSON {
            try context.print([
                "message_type": "summary", "snapshots": .number(report.snapshots), "packs": .number(report.packs),
                "pack_bytes": .number(report.packBytes), "bytes_read": .number(report.readBytes),
                "index_objects": .number(report.indexObjects), "tree_nodes": .number(report.treeNodes),
                "list_nodes": .number(report.listNodes), "chunk_references": .number(report.chunkReferences),
                "problems": .number(damage), "ok": .bool(damage == 0),
            ])
            return
        }
        if report.furtherProblems > 0 { context.warn("and \(report.furtherProblems) further problems") }
        if context.isQuiet { return }
        try context.print(
            "checked \(counted(UInt64(report.snapshots), "snapshot")), \(counted(UInt64(report.packs), "pack")) "
                + "(\(ByteCount.format(report.packBytes))), \(counted(report.chunkReferences, "chunk reference"))"
                + (report.readBytes > 0 ? ", \(ByteCount.format(report.readBytes)) read" : ""))
        try context.print(
            damage == 0
                ? "no problems found" : "\(counted(UInt64(damage), "problem")) found: data is damaged or missing")
    }
}
