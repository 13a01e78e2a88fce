import CommandLineSupport
import VarveKit

/// The summary that ends every backup.
struct BackupReport {
    let result: BackupResult
    /// All repositories that it was to go to.
    let tiers: [BackupTier]
    let traffic: Traffic?

    /// Whether a repository has not got the snapshot.
    var isMissingSomewhere: Bool { tiers.contains { $0.failure != nil } }

    private var read: UInt64 { result.progress.bytes }
    private var newBytes: UInt64 { result.progress.newBytes }
    private var stored: UInt64 { result.stored.storedBytes }

    func write(_ context: CommandContext) throws {
        if context.isJSON { return try context.print(json) }
        if !context.isQuiet { try context.print(lines) }
        if isCompressedAlready {
            context.warn(
                "what is new hardly compresses: if it is compressed or encrypted already, back it up plain (pg_dump -Z0, no gzip): "
                    + "compressed dumps share almost nothing from night to night")
        }
    }

    /// A stream that does not compress, and is mostly new although there was a snapshot before, was probably compressed by its maker.
    private var isCompressedAlready: Bool {
        newBytes > 16 << 20 && stored > newBytes / 100 * 95 && !result.snapshot.record.streams.isEmpty
    }

    private var json: JSONValue {
        let progress = result.progress
        return [
            "message_type": "summary", "snapshot_id": .string(result.snapshot.id.hex),
            "parent": result.parent.map { .string($0.id.hex) } ?? .null, "files": .number(progress.files),
            "files_unchanged": .number(progress.unchangedFiles), "folders": .number(progress.folders),
            "errors": .number(progress.errors), "bytes": .number(result.snapshot.record.summary.bytes),
            "bytes_read": .number(read), "bytes_new": .number(newBytes), "bytes_stored": .number(stored),
            "bytes_saved": .number(result.stored.savedBytes), "packs": .number(result.stored.packs),
            "seconds": .double(result.seconds),
            "repositories": .array(tiers.map(json)), "traffic": CommandContext.json(traffic),
        ]
    }

    private func json(_ tier: BackupTier) -> JSONValue {
        [
            "repository": .string(tier.location),
            "snapshot_id": (try? tier.outcome.get()).map { .string($0.id.hex) } ?? .null,
            "error": tier.failure.map { .string($0.problem) } ?? .null,
        ]
    }

    /// Where the snapshot is, where it was to go to several repositories.
    private var places: [String] {
        guard tiers.count > 1 else { return [] }
        return tiers.map { tier in
            switch tier.outcome {
            case .success(let snapshot): "  saved   as \(snapshot.id.shortHex) in \(tier.location)"
            case .failure(let error):
                "  MISSING in \(tier.location): \(error.problem); `varve sync` copies it there later"
            }
        }
    }

    private var lines: [String] {
        let progress = result.progress
        let streams = result.snapshot.record.streams.count
        var what: [String] = []
        if streams > 0 { what.append(counted(UInt64(streams), "stream")) }
        let files = progress.files - min(progress.files, UInt64(streams))
        if files > 0 { what.append(counted(files, "file") + " (\(progress.unchangedFiles) unchanged)") }
        if progress.folders > 0 { what.append(counted(progress.folders, "folder")) }
        var lines = ["snapshot \(result.snapshot.id.shortHex) saved: " + what.joined(separator: ", ")]
        lines.append(
            "  read    \(ByteCount.format(read)) of \(ByteCount.format(result.snapshot.record.summary.bytes)), "
                + Rate.format(bytes: read, seconds: result.seconds))
        lines.append("  new     \(ByteCount.format(newBytes))" + share(newBytes, of: read, "of what was read"))
        lines.append(
            "  stored  \(ByteCount.format(stored)) in \(counted(UInt64(result.stored.packs), "pack"))" + ratio + deltas)
        lines.append("  time    \(DurationText.format(seconds: result.seconds))")
        lines += places
        if let line = CommandContext.line(traffic) { lines.append("  traffic " + line) }
        if progress.errors > 0 { lines.append("  \(counted(progress.errors, "error")): see above") }
        return lines
    }

    private var ratio: String {
        guard stored > 0, newBytes / 11 > stored / 10 else { return "" }
        return ", \(tenths(newBytes * 10 / stored)) times smaller than what is new"
    }

    /// What was saved by storing changes instead of whole chunks.
    private var deltas: String {
        let saved = result.stored.savedBytes
        return saved > 0 ? ", deltas saved \(ByteCount.format(saved))" : ""
    }

    private func share(_ part: UInt64, of whole: UInt64, _ what: String) -> String {
        guard whole > 0 else { return "" }
        return " (\(tenths(UInt64(Double(part) / Double(whole) * 1000))) % \(what))"
    }

    private func tenths(_ value: UInt64) -> String { "\(value / 10).\(value % 10)" }
}

/// "1 file", "2 files".
func counted(_ count: UInt64, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
