import CommandLineSupport
import VarveKit

extension CommandContext {
    /// The snapshots that `--host`, `--tag`, `--path` and these names mean, oldest first, each once.
    ///
    /// - Parameter names: none for all that the options choose.
    /// - Throws: `VarveError` of kind `notFound` where something was asked for and is not there.
    func choose(_ names: [String], among snapshots: [Snapshot]) throws -> [Snapshot] {
        let filter = try snapshotFilter()
        if !names.isEmpty { return Set(try names.map { try snapshots.snapshot(named: $0, filter) }).sortedByTime() }
        let chosen = snapshots.filter { filter.matches($0.record) }
        if chosen.isEmpty, !filter.isEmpty {
            throw VarveError(.notFound, "no snapshot matches", advice: "`varve snapshots` shows what there is")
        }
        return chosen
    }

    /// The snapshot in one line, with its time and host.
    func headline(_ snapshot: Snapshot) -> String {
        let time = LocalTime.format(nanoseconds: snapshot.record.time.nanoseconds)
        return "snapshot \(snapshot.id.shortHex) of \(time), host \(snapshot.record.host)"
    }
}
