import Backends
import FileIO
import Glibc
import Primitives
import Repositories
import Snapshots
import Threads

extension SimulatedProcess {
    /// Reads a snapshot back, whole. No byte that is given out may be wrong, whatever happens.
    ///
    /// - Throws: where a byte cannot be had.
    func dump(_ snapshot: Snapshot) throws(VarveError) {
        let reader = SegmentReader(
            repository: repository, index: try repository.loadIndex(readsUnindexedPacks: true).chunks)
        try dump(snapshot, reader)
    }

    func dump(_ snapshot: Snapshot, _ reader: SegmentReader) throws(VarveError) {
        let expected = world.backups[snapshot.backupTag] ?? BackupContent()
        if expected.streams.keys.sorted() != snapshot.record.streams.sorted()
            || expected.paths.map(\.display) != snapshot.record.paths
        {
            world.violate("snapshot \(snapshot.id.shortHex) has other streams or paths than were backed up")
        }
        let run = DumpRun(reader, width: 2, cancellation: Cancellation(), warn: { [self] in note("warns: \($0)") })
        func compare(_ entry: TreeEntry, _ bytes: [UInt8], _ name: String) throws(VarveError) {
            try self.compare(entry, bytes, "\(name) in snapshot \(snapshot.id.shortHex)", run)
        }
        for (name, bytes) in expected.streams.sorted(by: { $0.key < $1.key }) {
            if let entry = try TreeReader(reader).entry(at: BytePath(name).components, below: snapshot.record.root) {
                try compare(entry, bytes, name)
            }
        }
        if let files = expected.files {
            try TreeAudit(self, snapshot, files, TreeReader(reader), compare: compare).run()
        }
    }

    /// Reads a file or stream and compares it with what it must hold.
    private func compare(
        _ entry: TreeEntry, _ bytes: [UInt8], _ name: String, _ run: DumpRun
    ) throws(VarveError) {
        var position = 0
        try run.write(entry) { [world] part throws(VarveError) in
            let isRight = bytes.withUnsafeBytes { bytes in
                guard position + part.count <= bytes.count else { return false }
                guard let found = part.baseAddress, let wanted = bytes.baseAddress else { return part.isEmpty }
                return memcmp(found, wanted + position, part.count) == 0
            }
            if !isRight { world.violate("a wrong byte of \(name) is given out") }
            position += part.count
        }
        if position != bytes.count { world.violate("\(name) ends too early, without an error") }
    }

    /// Reads a promised snapshot back while others are at work.
    func dumpSome() {
        guard let promised = place.ledger.promised.randomElement(using: &world.random) else { return }
        note("dump of \(promised.tag) on \(machine.host)")
        do throws(VarveError) {
            try againWithoutDamagedCache { () throws(VarveError) in
                try repository.whilePresent(as: "dump") { () throws(VarveError) in
                    try dump(try repository.readSnapshot(promised.id))
                }
            }
            note("dump is done")
        } catch {
            note("dump fails: \(error.problem)")
            let isPromised = place.ledger.isPromised(promised) && !place.ledger.mayBeReplaced(promised)
            if isUndisturbed, isPromised, !place.hasBeenDamaged {
                world.violate("dump of \(promised.tag) fails without reason: \(error)")
            }
        }
    }
}
