import CommandLineSupport
import VarveKit

/// The end of what `varve diff` writes.
struct DiffReport {
    let before: Snapshot
    let after: Snapshot
    let summary: ChangeSummary
    let chunks: ChunkDifference

    func write(_ context: CommandContext) throws {
        if context.isJSON {
            try context.print([
                "message_type": "summary", "source_snapshot": .string(before.id.hex),
                "target_snapshot": .string(after.id.hex), "changed_files": .number(summary.changedContents),
                "changed_types": .number(summary.changedTypes), "changed_metadata": .number(summary.changedMetadata),
                "added": DiffReport.json(summary.added, chunks.added),
                "removed": DiffReport.json(summary.removed, chunks.removed),
            ])
        } else if !context.isQuiet {
            try context.print(DiffReport.line("added:  ", summary.added, chunks.added))
            try context.print(DiffReport.line("removed:", summary.removed, chunks.removed))
            try context.print(
                "changed: \(counted(summary.changedContents, "file")), "
                    + "\(counted(summary.changedTypes, "type")), "
                    + "metadata of \(counted(summary.changedMetadata, "other"))")
        }
    }

    private static func json(_ side: ChangeSummary.Side, _ chunks: ChunkDifference.Amount) -> JSONValue {
        [
            "files": .number(side.files), "folders": .number(side.folders), "others": .number(side.others),
            "bytes": .number(side.bytes), "chunks": .number(chunks.chunks), "chunk_bytes": .number(chunks.bytes),
        ]
    }

    private static func line(
        _ title: String, _ side: ChangeSummary.Side, _ chunks: ChunkDifference.Amount
    ) -> String {
        "\(title) \(counted(side.files, "file")), \(counted(side.folders, "folder")), \(counted(side.others, "other")); "
            + "\(ByteCount.format(side.bytes)) in files that differ, "
            + "\(ByteCount.format(chunks.bytes)) in \(counted(chunks.chunks, "chunk")) of their own"
    }
}
