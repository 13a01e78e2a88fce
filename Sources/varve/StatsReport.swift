import CommandLineSupport
import VarveKit

/// What `varve stats` writes.
struct StatsReport {
    let mode: StatsMode
    let grouping: StatsGrouping?
    /// The snapshots of each group of the statistics.
    let groups: [[Snapshot]]
    let statistics: Statistics

    func write(_ context: CommandContext) throws {
        if context.isJSON {
            if grouping != nil { for number in groups.indices { try context.print(groupJSON(number)) } }
            try context.print(.object(members(summary)))
            return
        }
        if grouping != nil { try context.print(table(isVerbose: context.isVerbose).lines) }
        let width = figures.map(\.title.count).max() ?? 0
        for figure in figures {
            try context.print(
                figure.title + String(repeating: " ", count: width - figure.title.count) + "  " + figure.text)
        }
    }

    // MARK: For people

    private var figures: [(title: String, text: String)] {
        let size = statistics.size
        var figures = [
            ("snapshots", "\(statistics.snapshots)"), ("files", "\(size.files)"),
            ("size", ByteCount.format(size.bytes)),
        ]
        if mode == .restoreSize { return figures }
        let (data, metadata) = (statistics.content.data, statistics.content.metadata)
        figures += [
            ("distinct", "\(ByteCount.format(data.bytes)) in \(counted(data.chunks, "chunk"))"),
            ("trees and lists", "\(ByteCount.format(metadata.bytes)) in \(counted(metadata.chunks, "chunk"))"),
        ]
        if mode == .dedup { return figures }
        figures.append(("stored for them", ByteCount.format(statistics.content.storedBytes)))
        let deltas = statistics.content.deltas
        if deltas.chunks > 0 {
            figures.append(
                (
                    "as deltas",
                    "\(ByteCount.format(deltas.bytes)) in \(ByteCount.format(deltas.storedBytes)), about "
                        + "\(ByteCount.format(statistics.content.savedBytes)) saved"
                ))
        }
        return figures + [
            ("all packs", "\(ByteCount.format(statistics.packBytes)) in \(counted(UInt64(statistics.packs), "pack"))"),
            ("repository", ByteCount.format(statistics.repositoryBytes)),
        ]
    }

    private func table(isVerbose: Bool) -> Table {
        var columns: [Table.Column] =
            grouping == .host
            ? [.left("Host"), .right("Snapshots")] : [.left("ID"), .left("Time"), .left("Host")]
        columns += [.right("Files"), .right("Size")]
        if mode == .dedup { columns += [.right("Unique"), .right("Shared")] }
        if mode == .raw { columns += [.right("Unique"), .right("Stored for it")] }
        var table = Table(columns)
        for (group, snapshots) in zip(statistics.groups, groups) {
            guard let first = snapshots.first else { continue }
            var cells =
                grouping == .host
                ? [first.record.host, "\(group.snapshots)"]
                : [
                    isVerbose ? first.id.hex : first.id.shortHex,
                    LocalTime.format(nanoseconds: first.record.time.nanoseconds), first.record.host,
                ]
            cells += ["\(group.size.files)", ByteCount.format(group.size.bytes)]
            if mode != .restoreSize { cells.append(ByteCount.format(group.unique.data.bytes)) }
            if mode == .dedup { cells.append(ByteCount.format(group.sharedBytes)) }
            if mode == .raw { cells.append(ByteCount.format(group.unique.storedBytes)) }
            table.append(cells)
        }
        return table
    }

    // MARK: For programs

    private func members(_ members: [(String, JSONValue)]) -> [JSONValue.Member] {
        members.map { JSONValue.Member($0.0, $0.1) }
    }

    private func groupJSON(_ number: Int) -> JSONValue {
        let group = statistics.groups[number]
        var values: [(String, JSONValue)] = [("message_type", "group")]
        if let first = groups[number].first {
            if grouping == .snapshot {
                values += [("snapshot_id", .string(first.id.hex)), ("time", .string(first.record.time.rfc3339))]
            }
            values.append(("hostname", .string(first.record.host)))
        }
        values += [
            ("snapshots", .number(group.snapshots)), ("files", .number(group.size.files)),
            ("bytes", .number(group.size.bytes)),
        ]
        if mode != .restoreSize {
            values += [
                ("unique_bytes", .number(group.unique.data.bytes)), ("shared_bytes", .number(group.sharedBytes)),
                ("unique_chunks", .number(group.unique.data.chunks)),
            ]
        }
        if mode == .raw { values.append(("unique_bytes_stored", .number(group.unique.storedBytes))) }
        return .object(members(values))
    }

    private var summary: [(String, JSONValue)] {
        let size = statistics.size
        var values: [(String, JSONValue)] = [
            ("message_type", "summary"), ("mode", .string(mode.rawValue)),
            ("snapshots", .number(statistics.snapshots)), ("files", .number(size.files)),
            ("bytes", .number(size.bytes)),
        ]
        if mode != .restoreSize {
            let content = statistics.content
            values += [
                ("chunks", .number(content.data.chunks)), ("chunk_bytes", .number(content.data.bytes)),
                ("metadata_chunks", .number(content.metadata.chunks)),
                ("metadata_bytes", .number(content.metadata.bytes)),
                ("missing_chunks", .number(statistics.missingChunks)),
            ]
        }
        if mode == .raw {
            values += [
                ("bytes_stored", .number(statistics.content.storedBytes)),
                ("delta_bytes", .number(statistics.content.deltas.bytes)),
                ("delta_bytes_stored", .number(statistics.content.deltas.storedBytes)),
                ("delta_bytes_saved", .number(statistics.content.savedBytes)), ("packs", .number(statistics.packs)),
                ("pack_bytes", .number(statistics.packBytes)),
                ("repository_bytes", .number(statistics.repositoryBytes)),
            ]
        }
        return values
    }
}
