import Primitives
import Snapshots
import Testing

struct MissingSnapshotsTests {
    private let a = Digest(1, 0, 0, 0)
    private let b = Digest(2, 0, 0, 0)
    private let c = Digest(3, 0, 0, 0)

    @Test func aChainWithoutGapsMissesNothing() {
        #expect(MissingSnapshots(snapshots: [:], forgotten: [], known: []).names == [])
        #expect(MissingSnapshots(snapshots: [a: nil, b: a, c: b], forgotten: [], known: [a, c]).names == [])
    }

    @Test func oneThatIsNamedAndNotThereIsMissing() {
        var missing = MissingSnapshots(snapshots: [a: nil, c: b], forgotten: [], known: [])
        #expect(missing.names == [b])
        missing.forgotten = [b]
        #expect(missing.names == [])
    }

    @Test func theNewestIsMissedByWhoHasSeenIt() {
        var missing = MissingSnapshots(snapshots: [a: nil], forgotten: [], known: [])
        #expect(missing.names == [])
        missing.known = [b]
        #expect(missing.names == [b])
        missing.forgotten = [b]
        #expect(missing.names == [])
    }
}
