import FileIO
import Primitives
import Snapshots
import Threads

extension SimulatedProcess {
    /// Backs up; the snapshot is on the books once it is acknowledged.
    ///
    /// - Parameter other: the same process at another place that the backup goes to as well.
    @discardableResult
    func backUp(_ content: BackupContent, also other: SimulatedProcess? = nil) -> Bool {
        let tag = world.begin(content)
        let processes = [self] + (other.map { [$0] } ?? [])
        return perform("backup of \(tag)", with: other) { () throws(VarveError) in
            var request = BackupRequest(host: machine.host)
            request.tags = [tag]
            request.paths = content.paths
            for (name, bytes) in content.streams.sorted(by: { $0.key < $1.key }) {
                request.streams.append(
                    StreamRequest(name: Array(name.utf8), origin: .file(try file(bytes)), allowsEmpty: false))
            }
            let run = BackupRun(processes.map(\.repository), request, cancellation: Cancellation())
            let result = try run.run()
            for (process, tier) in zip(processes, result.tiers) { process.acknowledge(tier.outcome, tag) }
            if content.files != nil { world.count("a backup of files") }
            if result.stored.deltaSegments > 0 {
                world.count("a backup that stores deltas")
                if repository.packCache != nil { world.count("a backup that compares with kept packs") }
            }
        }
    }

    /// Takes in what a backup came to at this place.
    private func acknowledge(_ outcome: Result<Snapshot, VarveError>, _ tag: String) {
        switch outcome {
        case .success(let snapshot):
            place.ledger.acknowledge(snapshot.id, tag: tag)
            note("acknowledged snapshot \(snapshot.id.shortHex) at \(place.name)")
        case .failure(let error):
            note("\(place.name) is left out: \(error.problem)")
            if !mayFail(with: error) { world.violate("\(place.name) is left out without reason: \(error)") }
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
