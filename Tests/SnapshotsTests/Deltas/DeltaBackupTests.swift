import Backends
import FileIO
import Indexing
import Packing
import Primitives
import Repositories
import SeededData
import Snapshots
import TemporaryFolders
import TestSupport
import Testing
import Threads

/// Lines such as those of a dump, of which some change from version to version.
private struct Table {
    private var rows: [[UInt8]] = []
    private var random: SeededRandom

    init(rows count: Int, seed: UInt64) {
        random = SeededRandom(seed: seed)
        rows = (0..<count).map { _ in [] }
        for number in rows.indices { rows[number] = row(number) }
    }

    private mutating func row(_ number: Int) -> [UInt8] {
        Array("\(number)\t".utf8) + random.text(60) + Array("\t\(random.next() % 1_000_000)\n".utf8)
    }

    var bytes: [UInt8] { Array(rows.joined()) }

    mutating func change(oneIn count: UInt64) {
        for number in rows.indices where random.next() % count == 0 { rows[number] = row(number) }
    }

    mutating func insert(_ count: Int, at place: Int) {
        rows.insert(contentsOf: (0..<count).map { row(1_000_000 + $0) }, at: place)
    }

    mutating func remove(_ places: Range<Int>) { rows.removeSubrange(places) }

    mutating func swapHalves() { rows = Array(rows[(rows.count / 2)...] + rows[..<(rows.count / 2)]) }
}

private func backUp(_ test: TestRepository, _ bytes: [UInt8], _ deltas: DeltaPolicy = .auto) throws -> BackupResult {
    try test.backUp([TestRepository.stream("db", bytes, allowsEmpty: true)]) { $0.deltas = deltas }
}

/// Bytes of the segments in all packs, without what they are padded to.
private func segmentBytes(_ test: TestRepository) throws -> UInt64 {
    var bytes: UInt64 = 0
    try test.repository.loadIndex().chunks.forEachSegment { bytes += UInt64($0.sealedLength) }
    return bytes
}

struct DeltaBackupTests {
    @Test func scatteredEditsCostLittle() throws {
        let plain = try TestRepository.make(bits: 13)
        let delta = try TestRepository.make(bits: 13)
        var table = Table(rows: 60_000, seed: 1)
        var versions: [(bytes: [UInt8], plain: UInt64, delta: UInt64, snapshot: Snapshot)] = []
        for _ in 1...5 {
            let bytes = table.bytes
            _ = try backUp(plain, bytes, .off)
            let result = try backUp(delta, bytes)
            versions.append((bytes, try segmentBytes(plain), try segmentBytes(delta), result.snapshot))
            table.change(oneIn: 500)
        }
        // The first has nothing to be compared with.
        let plainCost = versions[4].plain - versions[0].plain
        let deltaCost = versions[4].delta - versions[0].delta
        #expect(deltaCost * 4 < plainCost, "\(deltaCost) of \(plainCost)")
        for version in versions { #expect(try delta.read("db", of: version.snapshot) == version.bytes) }
        #expect(delta.warnings.withLock { $0 } == [])
    }
}
