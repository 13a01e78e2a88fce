import Primitives
import Repositories
import Snapshots
import Threads

/// For every snapshot of some places, where it stands and whether all of it is there.
package struct TierStatus: Sendable {
    /// How a snapshot stands at a place.
    package enum Standing: Hashable, Sendable {
        case whole
        /// Something of it is not there, or cannot be read.
        case flawed(String)
        /// It was removed there on purpose.
        case forgotten
        case absent
    }

    package struct Row: Sendable {
        /// The first snapshot that all of them are copies of.
        package let origin: Digest
        /// As the first place that has it says.
        package let snapshot: Snapshot
        /// For each place, in the order that they were given.
        package let standings: [Standing]

        /// At how many places it is whole.
        package var wholeCount: Int { standings.count(where: { $0 == .whole }) }
    }

    /// Oldest first.
    package let rows: [Row]

    /// How many places a snapshot should be at.
    package static let wantedPlaces = 2

    /// The snapshots that are whole at too few places.
    package var scarce: [Row] { rows.filter { $0.wholeCount < TierStatus.wantedPlaces } }

    init(_ places: [PlaceStanding]) {
        var snapshots: [Digest: Snapshot] = [:]
        for place in places { snapshots.merge(place.snapshots) { first, _ in first } }
        rows = snapshots.sorted {
            ($0.value.record.time, $0.key) < ($1.value.record.time, $1.key)
        }.map { origin, snapshot in
            Row(origin: origin, snapshot: snapshot, standings: places.map { $0.standing(of: origin) })
        }
    }

    /// Looks at each place, one after the other.
    ///
    /// - Throws: where a storage fails; damage is in the rows.
    package static func read(
        _ places: [Repository], cancellation: Cancellation
    ) throws(VarveError) -> TierStatus {
        var standings: [PlaceStanding] = []
        for place in places {
            standings.append(
                try place.whilePresent(as: "sync") { () throws(VarveError) in
                    try PlaceStanding(place, cancellation: cancellation)
                })
        }
        return TierStatus(standings)
    }
}

/// The snapshots of one place, by the first that each is a copy of.
struct PlaceStanding {
    private(set) var snapshots: [Digest: Snapshot] = [:]
    private var flaws: [Digest: VarveError] = [:]
    private let forgotten: Set<Digest>

    init(_ repository: Repository, cancellation: Cancellation) throws(VarveError) {
        let all = try repository.loadSnapshots(voidSessions: [])
        let source = try TransferSource(repository)
        let index = source.index
        forgotten = Set(index.forgotten.compactMap(\.original))
        var walk = WholenessWalk(
            ChunkMarks(index.chunks), readers: NodeReaders([source.reader]), cancellation: cancellation,
            isThere: { id in index.chunks.usableLocation(of: id) != nil || index.remainingLocation(of: id) != nil })
        for snapshot in all where !index.voidSessions.contains(snapshot.session) {
            let flaw = try walk.flaw(below: snapshot.record.root)
            // Of several that are the same one whole suffices.
            if snapshots[snapshot.origin] != nil, flaw != nil { continue }
            snapshots[snapshot.origin] = snapshot
            flaws[snapshot.origin] = flaw
        }
    }

    func standing(of origin: Digest) -> TierStatus.Standing {
        guard snapshots[origin] != nil else { return forgotten.contains(origin) ? .forgotten : .absent }
        return flaws[origin].map { .flawed($0.problem) } ?? .whole
    }
}
