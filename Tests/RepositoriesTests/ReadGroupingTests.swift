import Indexing
import Testing

@testable import Repositories

@Suite struct ReadGroupingTests {
    private let distant = ReadGrouping.distant(connections: 6)

    private func extent(_ pack: UInt32, _ offset: UInt32, _ length: UInt32, raw: UInt32? = nil) -> ReadGrouping.Extent {
        ReadGrouping.Extent(
            segment: SegmentKey(pack: pack, offset: offset), sealedLength: length, rawLength: raw ?? length)
    }

    @Test func aNearStorageIsReadSegmentBySegment() {
        let extents = [extent(1, 128, 1000), extent(1, 1128, 1000), extent(2, 128, 10)]
        #expect(ReadGrouping.none.groups(of: extents) == [0..<1, 1..<2, 2..<3])
        #expect(ReadGrouping.none.groups(of: []).isEmpty)
    }

    @Test func whatLiesNearIsReadTogether() {
        let gap: UInt32 = 128 << 10
        let extents = [
            extent(1, 128, 1000), extent(1, 1128, 1000), extent(1, 2128 + gap, 1000),
            // One byte too far, then another pack.
            extent(1, 3129 + 2 * gap, 1000), extent(2, 4200 + 2 * gap, 1000),
        ]
        #expect(distant.groups(of: extents) == [0..<3, 3..<4, 4..<5])
    }

    @Test func requestsAreBounded() {
        let million: UInt32 = 1 << 20
        let extents = (0..<10).map { extent(1, 128 + $0 * million, million) }
        #expect(distant.groups(of: extents) == [0..<4, 4..<8, 8..<10])
        // What is small and grows when it is decompressed is bounded as well.
        let small = (0..<10).map { extent(1, 128 + $0 * 100, 100, raw: 4 * million) }
        #expect(distant.groups(of: small) == [0..<4, 4..<8, 8..<10])
    }

    @Test func manyConnectionsAskForLessEach() {
        for connections in 1...6 { #expect(ReadGrouping.distant(connections: connections).length == 4 << 20) }
        #expect(ReadGrouping.distant(connections: 12).length == 2 << 20)
        #expect(ReadGrouping.distant(connections: 1000).length == 512 << 10)
    }

    @Test func whatCannotBeIsReadAlone() {
        let extents = [extent(1, .max - 10, .max), extent(1, .max - 5, .max), extent(1, .max, .max)]
        #expect(distant.groups(of: extents) == [0..<1, 1..<2, 2..<3])
    }
}
