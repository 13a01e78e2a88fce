import CommandLineSupport
import VarveKit

/// What `varve repair` says of what it did.
struct RepairOutput {
    private let context: CommandContext

    init(_ context: CommandContext) { self.context = context }

    func write(_ report: IndexRepairReport, isDryRun: Bool) throws {
        for error in report.unreadableObjects { context.warn("\(error.problem): it stays") }
        for id in report.unknownPacks {
            context.warn("\(ObjectName(.data, id)): nobody knows what is in it; its own directory cannot be read")
        }
        if context.isJSON {
            return try context.print([
                "message_type": "summary", "packs": .number(report.packs),
                "packs_named": .strings(report.namedPacks.map(\.hex)),
                "packs_missing": .strings(report.missingPacks.map(\.hex)),
                "packs_unknown": .strings(report.unknownPacks.map(\.hex)),
                "objects_replaced": .strings(report.replacedObjects.map(\.hex)),
                "objects_set_aside": .strings(report.objectsSetAside.map(\.problem)),
                "objects_unreadable": .strings(report.unreadableObjects.map(\.problem)),
                "dry_run": .bool(isDryRun),
            ])
        }
        for error in report.objectsSetAside { context.warn("\(error.problem): it was set aside") }
        if context.isVerbose {
            for id in report.missingPacks { context.warn("\(ObjectName(.data, id)): it is gone, and named no more") }
        }
        if context.isQuiet { return }
        if report.isUnchanged {
            return try context.print("the index says what \(counted(UInt64(report.packs), "pack")) say")
        }
        let replaced = counted(UInt64(report.replacedObjects.count), "index object")
        let named = counted(UInt64(report.namedPacks.count), "pack")
        let missing = report.missingPacks.isEmpty ? "" : ", \(report.missingPacks.count) missing taken out"
        try context.print(
            (isDryRun ? "would replace " : "replaced ") + "\(replaced) and name \(named) anew\(missing)")
    }

    func write(_ packs: [SalvagedPack], isDryRun: Bool) throws {
        for pack in packs {
            let name = "\(ObjectName(.data, pack.id))"
            if context.isJSON {
                try context.print([
                    "message_type": "salvaged_pack", "id": .string(pack.id.hex), "size": .number(pack.size),
                    "known": .bool(pack.isKnown), "chunks_saved": .number(pack.savedChunks),
                    "bytes_saved": .number(pack.savedBytes), "chunks_lost": .number(pack.lostChunks),
                    "bytes_lost": .number(pack.lostBytes),
                ])
            } else if !pack.isKnown {
                context.warn("\(name): nobody knows what is in it")
            } else if pack.lostChunks > 0 {
                context.warn(
                    "\(name): \(ByteCount.format(pack.lostBytes)) in \(counted(pack.lostChunks, "chunk")) are lost")
            } else if context.isVerbose {
                context.warn("\(name): nothing in it is lost")
            }
        }
        let saved = packs.reduce(0) { $0 + $1.savedBytes }
        let lost = packs.reduce(0) { $0 + $1.lostBytes }
        if context.isJSON {
            try context.print([
                "message_type": "summary", "packs": .number(packs.count), "bytes_saved": .number(saved),
                "bytes_lost": .number(lost), "dry_run": .bool(isDryRun),
            ])
        } else if !context.isQuiet {
            try context.print(
                packs.isEmpty
                    ? "no pack is known to be damaged"
                    : "\(isDryRun ? "would save" : "saved") \(ByteCount.format(saved)) from "
                        + "\(counted(UInt64(packs.count), "damaged pack")); \(ByteCount.format(lost)) are lost")
        }
    }

    func write(_ report: SnapshotRepairReport, isDryRun: Bool) throws {
        for error in report.unreadableSnapshots {
            context.warn("\(error.problem): it stays; --forget-unreadable sets it aside")
        }
        for error in report.snapshotsSetAside { context.warn("\(error.problem): it was set aside") }
        for id in report.missingSnapshots {
            context.warn("\(ObjectName(.snapshots, id)): it is missing, though nobody removed it")
        }
        for repaired in report.repaired {
            for loss in repaired.losses { try write(loss, of: repaired.old) }
            if context.isJSON {
                try context.print([
                    "message_type": "repaired_snapshot", "old_id": .string(repaired.old.id.hex),
                    "id": repaired.new.map { .string($0.id.hex) } ?? .null, "retained": .bool(repaired.isRetained),
                    "bytes_lost": .number(repaired.losses.reduce(0) { $0 + $1.lostBytes }),
                    "entries_lost": .number(repaired.losses.reduce(0) { $0 + $1.lostEntries }),
                ])
            } else if !context.isQuiet, let new = repaired.new {
                try context.print("snapshot \(new.id.shortHex) stands in the place of \(repaired.old.id.shortHex)")
            }
            if repaired.isRetained { context.warn("the storage did not let snapshot \(repaired.old.id.shortHex) go") }
        }
        let count = report.repaired.count
        if context.isJSON {
            try context.print([
                "message_type": "summary", "sound": .number(report.soundSnapshots), "repaired": .number(count),
                "chunks_stored_again": .number(report.chunksStoredAgain),
                "unreadable": .number(report.unreadableSnapshots.count),
                "set_aside": .number(report.snapshotsSetAside.count),
                "missing": .strings(report.missingSnapshots.map(\.hex)), "dry_run": .bool(isDryRun),
            ])
        } else if !context.isQuiet {
            try context.print(
                "\(counted(UInt64(report.soundSnapshots), "snapshot")) whole, "
                    + "\(count) \(isDryRun ? "with something lost" : "repaired")")
            if report.chunksStoredAgain > 0 {
                let chunks = counted(UInt64(report.chunksStoredAgain), "chunk")
                let verb = isDryRun ? "would store" : "stored"
                try context.print("\(verb) \(chunks) again that only a damaged pack held which is going")
            }
        }
    }

    private func write(_ loss: SnapshotLoss, of snapshot: Snapshot) throws {
        let text: String
        switch loss.extent {
        case .bytes(let range):
            text = "bytes \(range.lowerBound) to \(range.upperBound) are lost"
            guard context.isJSON else { break }
            return try context.print([
                "message_type": "lost", "snapshot_id": .string(snapshot.id.hex), "path": .string(loss.path),
                "start": .number(range.lowerBound), "end": .number(range.upperBound),
            ])
        case .entries(let count):
            text = "\(count) \(count == 1 ? "entry of the folder is" : "entries of the folder are") lost"
            guard context.isJSON else { break }
            return try context.print([
                "message_type": "lost", "snapshot_id": .string(snapshot.id.hex), "path": .string(loss.path),
                "entries": .number(count),
            ])
        }
        context.warn("snapshot \(snapshot.id.shortHex): \(loss.path): \(text)")
    }
}
