import Backends
import Primitives
import Repositories
import SeededData
import Snapshots
import TemporaryFolders
import TestSupport
import Testing
import Threads

@testable import Tiers

/// Between places that are not of one family.
struct SyncOtherKeysTests {
    private let pairs: [(source: (Bool, Int), destination: (Bool, Int))] = [
        ((true, 13), (true, 13)), ((true, 13), (true, 15)), ((false, 14), (true, 13)), ((true, 13), (false, 13)),
    ]

    @Test(arguments: 0..<4) func contentIsStoredAnew(_ number: Int) throws {
        let (from, to) = pairs[number]
        var random = SeededRandom(seed: UInt64(number))
        let source = try Place.make(isEncrypted: from.0, bits: from.1)
        var bytes = random.text(700_000)
        for _ in 0..<3 {
            try source.backUp("db", bytes, tags: ["x"])
            bytes = random.edit(bytes)
        }
        let destination = try Place.make(isEncrypted: to.0, bits: to.1)
        let report = try sync(source, destination) { $0.verifies = true }
        #expect(!report.isFamily && report.copies.count == 3 && report.figures.packs == 0)
        #expect(report.figures.verifiedBytes > 0)
        #expect(try contents(of: destination) == contents(of: source))
        #expect(try destination.damage() == [])
        #expect(try destination.snapshots().map(\.record.original) == source.snapshots().map(\.id))
        #expect(try sync(source, destination).copies.isEmpty)
        // Chunks are shared with what is backed up there.
        let last = try #require(try source.snapshots().last)
        let result = try destination.test().backUp("db", try source.read("db", of: last))
        #expect(result.progress.newBytes == 0)
    }

    @Test func whatWasCopiedOnceIsNotReadAgain() throws {
        var random = SeededRandom(seed: 7)
        let source = try Place.make()
        let bytes = random.text(400_000)
        for _ in 0..<3 { try source.backUp("db", bytes) }
        let destination = try Place.make()
        let report = try sync(source, destination)
        #expect(report.copies.count == 3 && report.figures.readBytes == UInt64(bytes.count))
    }

    @Test func filesKeepTheirMetadata() throws {
        let folder = try TemporaryFolder()
        var random = SeededRandom(seed: 8)
        for number in 0..<20 { try folder.write("d\(number % 3)/f\(number)", random.text(3000 * number)) }
        try folder.write("empty", [])
        let source = try Place.make()
        let original = try source.test().backUp(paths: [folder.path]).snapshot
        let destination = try Place.make(bits: 15)
        try sync(source, destination)
        let copy = try #require(try destination.snapshots().first)
        #expect(try listing(destination, copy) == listing(source, original))
        #expect(copy.record.root != original.record.root)
    }

    /// All entries without what keys and chunkers decide.
    private func listing(_ place: Place, _ snapshot: Snapshot) throws -> [TreeEntry] {
        let read = TreeReader(try place.test().reader()).readTree
        var found: [TreeEntry] = []
        func walk(_ folder: TreeEntry.Subtree) throws {
            var cursor = TreeCursor(folder)
            while var entry = try cursor.next(read) {
                if let subtree = entry.subtree { try walk(subtree) }
                let size = entry.size
                entry.content = entry.content == nil ? nil : .chunk(Digest(0, 0, 0, 0), size: size)
                entry.subtree = nil
                found.append(entry)
            }
        }
        try walk(snapshot.record.root)
        return found
    }

    @Test func ofADamagedSnapshotNothingIsPut() throws {
        var random = SeededRandom(seed: 9)
        let source = try Place.make()
        let lost = try source.backUp("a", random.text(300_000))
        let packs = try Set(source.packs())
        let kept = try source.backUp("b", random.text(300_000))
        for pack in packs { source.backend.flip(pack, at: 300) }
        let destination = try Place.make()
        let report = try sync(source, destination)
        #expect(report.failed.map(\.snapshot.id) == [lost.id] && report.failed.first?.error.kind == .damaged)
        #expect(report.copies.map(\.original.id) == [kept.id])
        #expect(try destination.damage() == [])
    }
}
