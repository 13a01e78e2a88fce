import FileIO
import Primitives
import SeededData
import TemporaryFolders
import Testing

@testable import Indexing

@Suite("Damaged runs", .timeLimit(.minutes(60)))
struct IndexRunDamageTests {
    private let folder: TemporaryFolder
    private let path: BytePath
    private let bytes: [UInt8]
    private let layout: RunLayout
    private let model: IndexModel
    private let ids: [ChunkID]

    init() throws {
        var random = SeededRandom(seed: 51)
        folder = try TemporaryFolder()
        path = folder.path.appending("run")
        let ids = (0..<30).map { _ in random.digest() } + random.difficultIDs(12)
        var model = IndexModel()
        var table = PendingTable()
        for _ in 0..<5 {
            let content = random.pack(of: ids)
            model.add(content)
            table.add(content.pack, content.segments)
        }
        let covered = [random.digest(), random.digest()]
        try table.write(to: folder.path, covering: covered).commit(to: path, replacing: false)
        bytes = try OpenFile.open(path).readAll(limit: 1 << 20)
        let run = try #require(IndexRun(try MappedFile(path)))
        layout = run.tables.layout
        self.ids = ids
        self.model = model
        #expect(run.isWhole && run.covered == covered && Set(run.packs.map(\.id)) == model.packs)
    }

    private func open(_ bytes: [UInt8]) throws -> IndexRun? {
        try OpenFile.open(path, .writeOnly, .truncate).write(bytes)
        return IndexRun(try MappedFile(path))
    }

    /// Whether every copy that the run gives is one that was written to it.
    private func isHarmless(_ run: IndexRun) -> Bool {
        let index = ChunkIndex(folder: folder.path)
        index.mount(run)
        index.setUsable(damagedSegments: []) { _ in true }
        return ids.allSatisfy { id in
            _ = index.usableLocation(of: id)
            return index.allLocations(of: id).allSatisfy {
                model.copies[id]?.contains(IndexModel.Copy($0, in: index)) == true
            }
        }
    }

    @Test("with any changed byte in header or tables are refused")
    func changedTables() throws {
        for position in 0..<layout.fingerprintsStart {
            var damaged = bytes
            damaged[position] ^= 1 << UInt8(position % 8)
            #expect(try open(damaged) == nil, "byte \(position)")
        }
    }

    @Test("with any changed byte behind them hide chunks at most, and show themselves before they are merged")
    func changedChunks() throws {
        // A step that has no factor in common with the size of a row: every byte of a row gets its turn.
        let padding = layout.fingerprintsStart + 2 * layout.chunks..<layout.chunksStart
        for position in stride(from: layout.fingerprintsStart, to: layout.fileSize, by: 5) {
            var damaged = bytes
            damaged[position] ^= 1 << UInt8(position % 8)
            let run = try #require(try open(damaged))
            #expect(isHarmless(run), "byte \(position)")
            #expect(run.isWhole == padding.contains(position), "byte \(position)")
        }
    }

    @Test("of any other length are refused")
    func otherLengths() throws {
        for count in 0..<bytes.count { #expect(try open(Array(bytes[..<count])) == nil, "\(count) bytes") }
        #expect(try open(bytes + [0]) == nil)
        #expect(try open(bytes + bytes) == nil)
    }

    @Test("with many changes at random places are refused or harmless")
    func manyChanges() throws {
        var random = SeededRandom(seed: 52)
        for _ in 0..<1000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                let count = min(Int.random(in: 1...8, using: &random), bytes.count - position)
                damaged.replaceSubrange(position..<position + count, with: random.bytes(count))
            }
            if let run = try open(damaged) { #expect(isHarmless(run)) }
        }
    }

    @Test("with chunks out of order show themselves")
    func outOfOrder() throws {
        var damaged = bytes
        let first = layout.chunksStart..<layout.chunksStart + ChunkRow.byteCount
        let last = layout.fileSize - ChunkRow.byteCount..<layout.fileSize
        damaged.replaceSubrange(first, with: bytes[last])
        damaged.replaceSubrange(last, with: bytes[first])
        let run = try #require(try open(damaged))
        #expect(!run.isWhole)
        #expect(isHarmless(run))
    }

    /// Changes a word of the file and makes the checksum right again.
    private func forged(_ change: (inout [UInt8]) -> Void) -> [UInt8] {
        var forged = bytes
        change(&forged)
        let sum = forged[RunLayout.headerSize..<layout.fingerprintsStart].withUnsafeBytes { RunChecksum.of($0) }
        withUnsafeBytes(of: sum) { forged.replaceSubrange(56..<64, with: $0) }
        return forged
    }

    private func write<T>(_ value: T, at offset: Int, _ bytes: inout [UInt8]) {
        withUnsafeBytes(of: value) { bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
    }

    @Test("with a right checksum and wrong references are refused or harmless")
    func forgedReferences() throws {
        #expect(try open(forged { _ in }) != nil)
        for segment in 0..<layout.segments {
            let start = layout.segmentsStart + segment * SegmentRow.byteCount
            #expect(try open(forged { write(UInt32(layout.packs), at: start, &$0) }) == nil)
            #expect(try open(forged { write(UInt32.max, at: start, &$0) }) == nil)
            #expect(try open(forged { write(UInt32.max, at: start + 20, &$0) }) == nil)
            #expect(try open(forged { write(UInt32.max, at: start + 24, &$0) }) == nil)
        }
        for bucket in 0...layout.buckets {
            for value in [0, 1, UInt32(layout.chunks), UInt32(layout.chunks) + 1, .max] {
                let run = try #require(try open(forged { write(value, at: layout.bucketsStart + bucket * 4, &$0) }))
                #expect(isHarmless(run))
            }
        }
    }

    @Test("with counts that no file can have are refused")
    func forgedCounts() throws {
        for word in [1, 2, 3, 4, 5, 6, 8, 9] {
            for value: UInt64 in [.max, 1 << 63, (1 << 63) - 1, 1 << 32, UInt64(bytes.count)] {
                if word == 8, value == UInt64(bytes.count) { continue }
                #expect(try open(forged { write(value, at: word * 8, &$0) }) == nil, "word \(word), \(value)")
            }
        }
    }
}
