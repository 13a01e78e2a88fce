import Indexing
import Primitives
import Repositories
import Snapshots
import Threads

/// Goes through the trees and lists of snapshots, each distinct node once, and looks every chunk up.
struct SnapshotCheck {
    private let reader: SegmentReader
    private let loaded: LoadedIndex
    private let report: Locked<CheckReport>
    private let cancellation: Cancellation
    /// Nodes with all that is below them; those of damaged ones are gone through again, to name every path.
    private var soundNodes: Set<ChunkID> = []
    /// The packs in which there is something that a snapshot needs, by their numbers in the index.
    private var neededNumbers: Set<UInt32> = []

    private var index: ChunkIndex { loaded.chunks }

    init(reader: SegmentReader, index: LoadedIndex, report: Locked<CheckReport>, cancellation: Cancellation) {
        self.reader = reader
        loaded = index
        self.report = report
        self.cancellation = cancellation
    }

    /// The packs in which there is something that the snapshots gone through need.
    var neededPacks: Set<Digest> { Set(neededNumbers.map { index.pack($0).id }) }

    mutating func check(_ snapshot: Snapshot) throws(VarveError) {
        let root = snapshot.record.root
        if let lost = snapshot.record.repair?.lostRootEntries, lost > 0 {
            note(Place(snapshot: snapshot, path: []), TreeEntry.lostText(entries: lost))
        }
        _ = try check(root.asChild, root.level, Place(snapshot: snapshot, path: []))
    }

    /// Where the walk is, for messages.
    private struct Place {
        let snapshot: Snapshot
        var path: [[UInt8]]

        var description: String { "snapshot \(snapshot.id.shortHex): \(TreeReader.display(path))" }

        func appending(_ name: [UInt8]) -> Place { Place(snapshot: snapshot, path: path + [name]) }
    }

    private func found(_ place: Place, _ problem: String) {
        report.withLock { $0.add(CheckProblem(.damage, place.description, problem)) }
    }

    /// What a repair marked as lost is no damage any more.
    private func note(_ place: Place, _ problem: String) {
        report.withLock { $0.add(CheckProblem(.note, place.description, problem)) }
    }

    /// Checks a tree node and what is below it; says whether all is sound.
    private mutating func check(_ child: TreeNode.Child, _ level: UInt8, _ place: Place) throws(VarveError) -> Bool {
        try cancellation.check()
        if soundNodes.contains(child.id) { return true }
        let node: TreeNode
        need(child.id)
        do throws(VarveError) {
            try TreeReader.checkDepth(of: place.path)
            node = try TreeNode.read(child, level: level, TreeReader(reader).readTree)
        } catch  where error.kind == .damaged || error.kind == .notFound {
            found(place, error.problem)
            findDamage(of: child.id, as: .tree)
            return false
        }
        report.withLock { $0.treeNodes += 1 }
        var isSound = true
        switch node {
        case .inner(_, let children):
            var ahead = ReadAhead(reader, below: children)
            for child in children {
                ahead.advance()
                if !(try check(child, level - 1, place)) { isSound = false }
            }
        case .page(let entries):
            var ahead = ReadAhead(reader, below: entries)
            for entry in entries {
                ahead.advance()
                let entryPlace = place.appending(entry.name)
                if let lost = entry.lostText { note(entryPlace, lost) }
                if let subtree = entry.subtree, !(try check(subtree.asChild, subtree.level, entryPlace)) {
                    isSound = false
                }
                if let content = entry.content, !(try check(content, entryPlace)) { isSound = false }
            }
        }
        if isSound { soundNodes.insert(child.id) }
        return isSound
    }

    private mutating func check(_ content: ContentReference, _ place: Place) throws(VarveError) -> Bool {
        switch content {
        case .empty: return true
        case .chunk(let id, let size): return checkChunk(id, size, at: 0, place)
        case .list(let id, let height, let size, let chunks):
            return try check(ListNode.Child(id: id, bytes: size, chunks: chunks), height - 1, at: 0, place)
        }
    }

    private mutating func check(
        _ child: ListNode.Child, _ level: UInt8, at offset: UInt64, _ place: Place
    ) throws(VarveError) -> Bool {
        try cancellation.check()
        if soundNodes.contains(child.id) { return true }
        let node: ListNode
        need(child.id)
        do throws(VarveError) {
            node = try ListNode.read(child, level: level, TreeReader(reader).readList)
        } catch  where error.kind == .damaged || error.kind == .notFound {
            found(place, "bytes \(offset) to \(offset + child.bytes) are lost: \(error.problem)")
            findDamage(of: child.id, as: .list)
            return false
        }
        report.withLock { $0.listNodes += 1 }
        var isSound = true
        var position = offset
        switch node {
        case .inner(_, let children):
            var ahead = ReadAhead(reader, below: children)
            for child in children {
                ahead.advance()
                if !(try check(child, level - 1, at: position, place)) { isSound = false }
                position += child.bytes
            }
        case .leaf(let chunks):
            for chunk in chunks {
                if !checkChunk(chunk.id, UInt64(chunk.length), at: position, place) { isSound = false }
                position += UInt64(chunk.length)
            }
        }
        if isSound { soundNodes.insert(child.id) }
        return isSound
    }

    /// Notes the packs that a chunk is taken from; all that hold it where none is usable.
    private mutating func need(_ id: ChunkID) {
        for location in index.usableLocation(of: id).map({ [$0] }) ?? index.allLocations(of: id) { need(location) }
    }

    private mutating func need(_ location: ChunkLocation) {
        neededNumbers.insert(location.pack)
        for base in location.bases {
            let plain = index.usablePlainLocation(of: base)
            for copy in plain.map({ [$0] }) ?? index.allLocations(of: base) { neededNumbers.insert(copy.pack) }
        }
    }

    /// Finds the segments in which a node that cannot be read is not what it should be.
    private func findDamage(of id: ChunkID, as chunkClass: ChunkClass) {
        for location in index.allLocations(of: id) {
            let pack = index.pack(location.pack)
            guard loaded.isPresent(pack) else { continue }
            do throws(VarveError) {
                let segment = try reader.segment(at: location)
                _ = try reader.checkedBytes(of: id, as: chunkClass, at: location, in: segment)
                withExtendedLifetime(segment) {}
            } catch  where error.kind == .damaged {
                // Where a base cannot be read, that is what is damaged.
                if (try? reader.canRead(bases: location.bases, as: chunkClass)) != true { continue }
                let part = IndexRecord.DamagedPart(pack: pack.id, segment: location.segmentOffset)
                report.withLock { _ = $0.damagedParts.insert(part) }
            } catch {
                // The storage failed: that says nothing of the pack.
                continue
            }
        }
    }

    private mutating func checkChunk(_ id: ChunkID, _ length: UInt64, at offset: UInt64, _ place: Place) -> Bool {
        report.withLock { $0.chunkReferences += 1 }
        guard let location = index.usableLocation(of: id) ?? loaded.remainingLocation(of: id) else {
            need(id)
            found(
                place,
                "bytes \(offset) to \(offset + length) are lost: chunk \(id.shortHex) is in no pack that is there")
            return false
        }
        need(location)
        guard UInt64(location.length) == length, location.chunkClass == ChunkClass.data.rawValue else {
            found(place, "chunk \(id.shortHex) at \(offset) has \(location.length) bytes in the index, not \(length)")
            return false
        }
        return true
    }
}
