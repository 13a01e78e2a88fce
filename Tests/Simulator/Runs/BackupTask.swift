import FileIO
import Primitives
import Snapshots
import Threads

extension SimulatedProcess {
    /// Backs up the streams; the snapshot is on the books once it is acknowledged.
    @discardableResult
    func backUp(_ streams: [String: [UInt8]]) -> Bool {
        let tag = world.ledger.begin(streams)
        return perform("backup of \(tag)") { () throws(VarveError) in
            var request = BackupRequest(host: machine.host)
            request.tags = [tag]
            for (name, bytes) in streams.sorted(by: { $0.key < $1.key }) {
                request.streams.append(
                    StreamRequest(name: Array(name.utf8), origin: .file(try file(bytes)), allowsEmpty: false))
            }
            let result = try BackupRun(repository, request, cancellation: Cancellation()).run()
            world.ledger.acknowledge(result.snapshot.id, tag: tag)
            if result.stored.deltaSegments > 0 { world.count("a backup that stores deltas") }
            note("acknowledged snapshot \(result.snapshot.id.shortHex)")
        }
    }

    private func file(_ bytes: [UInt8]) throws(VarveError) -> OpenFile {
        try reportingErrors(as: .local) { () throws(SystemError) in
            let file = try TemporaryFile.create(in: world.scratch)
            try file.file.write(bytes)
            let opened = try OpenFile.open(file.path)
            file.discard()
            return opened
        }
    }
}
