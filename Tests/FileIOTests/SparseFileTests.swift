import FileIO
import Glibc
import SeededData
import Testing

@Suite struct SparseFileTests {
    let folder: OpenFolder
    let file: OpenFile
    init() throws {
        folder = try OpenFolder()
        file = try folder.open.createFile("f".bytes)
    }

    private static let block: Int64 = 65536

    /// Writes one block of data at each of `blocks`, in a file of `count` blocks; false where this disk keeps no holes.
    private func lay(_ blocks: [Int64], of count: Int64) throws -> Bool {
        let data = [UInt8](repeating: 1, count: Int(Self.block))
        for block in blocks { try data.withUnsafeBytes { try file.write($0, at: block * Self.block) } }
        try file.truncate(to: count * Self.block)
        return try FileMetadata.read(of: file).allocatedBytes < count * Self.block
    }

    private func extents(minimumHole: Int64 = 1, limit: Int = 100) throws -> [[Int64]]? {
        try file.dataExtents(minimumHole: minimumHole * Self.block, limit: limit)?.map {
            [$0.lowerBound / Self.block, $0.upperBound / Self.block]
        }
    }

    @Test func findsHoles() throws {
        guard try lay([2, 3, 7], of: 12) else { return }
        #expect(try file.nextData(from: 0) == 2 * Self.block)
        #expect(try file.nextHole(from: 2 * Self.block) == 4 * Self.block)
        #expect(try file.nextHole(from: 0) == 0)
        #expect(try file.nextData(from: 8 * Self.block) == nil)
        #expect(try file.nextHole(from: 12 * Self.block) == nil)
        #expect(try extents() == [[2, 4], [7, 8]])
        // The hole between them is 3 blocks, the first 2, the last 4.
        #expect(try extents(minimumHole: 3) == [[0, 4], [7, 8]])
        #expect(try extents(minimumHole: 4) == [[0, 8]])
        #expect(try extents(minimumHole: 5) == nil)
        #expect(try extents(limit: 1) == [[2, 12]])
        #expect(try extents(limit: 2) == [[2, 4], [7, 8]])
    }

    @Test func oneHole() throws {
        guard try lay([], of: 4) else { return }
        #expect(try extents() == [])
        #expect(try extents(minimumHole: 5) == nil)
    }

    @Test func withoutHoles() throws {
        #expect(try file.dataExtents(minimumHole: 1, limit: 10) == nil)
        #expect(try file.nextData(from: 0) == nil)
        #expect(try file.nextHole(from: 0) == nil)
        _ = try lay([0, 1], of: 2)
        #expect(try extents() == nil)
    }

    @Test(arguments: 0..<20)
    func extentsCoverAllData(seed: UInt64) throws {
        var generator = SeededRandom(seed: seed)
        let count: Int64 = 40
        let blocks = (0..<count).filter { _ in Bool.random(using: &generator) }
        guard try lay(blocks, of: count) else { return }
        let minimumHole = Int64.random(in: 1...4, using: &generator)
        let limit = Int.random(in: 1...12, using: &generator)
        guard let extents = try extents(minimumHole: minimumHole, limit: limit) else { return }
        #expect(extents.count <= limit)
        var end: Int64 = 0
        for (index, extent) in extents.enumerated() {
            #expect(extent[0] < extent[1])
            #expect(index == 0 && extent[0] == 0 || extent[0] - end >= minimumHole)
            end = extent[1]
        }
        #expect(end <= count)
        for block in blocks { #expect(extents.contains { $0[0] <= block && block < $0[1] }) }
    }
}
