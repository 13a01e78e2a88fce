import FileIO
import Glibc
import Testing

@Suite struct TemporaryFileTests {
    let folder: OpenFolder
    init() throws { folder = try OpenFolder() }

    @Test func isPutInPlaceWhole() throws {
        let target = folder.path.appending("target")
        try DurableWrite.create(path: target, [1, 2], temporaryFolder: folder.path, permissions: 0o400)
        #expect(try folder.names() == ["target".bytes])
        #expect(try folder.content("target".bytes) == [1, 2])
        #expect(try FileMetadata.read(target).permissions == 0o400)
        try DurableWrite.create(path: target, [3], temporaryFolder: folder.path, replacing: true)
        #expect(try folder.content("target".bytes) == [3])
    }

    @Test func existingFilesAreKept() throws {
        try folder.write("target".bytes, [1])
        let target = folder.path.appending("target")
        #expect(
            errnoOf {
                try DurableWrite.create(path: target, [2], temporaryFolder: folder.path)
            } == EEXIST)
        #expect(try folder.names() == ["target".bytes])
        #expect(try folder.content("target".bytes) == [1])
    }

    @Test func goesIntoAnotherFolder() throws {
        try folder.open.makeDirectory("d".bytes)
        let target = folder.path.appending("d").appending("x")
        try DurableWrite.create(path: target, [5], temporaryFolder: folder.path)
        #expect(try OpenFile.open(target).readAll(limit: 10) == [5])
        #expect(try folder.names() == ["d".bytes])
        let missing = folder.path.appending("none").appending("x")
        #expect(
            errnoOf {
                try DurableWrite.create(path: missing, [5], temporaryFolder: folder.path)
            } == ENOENT)
        #expect(try folder.names() == ["d".bytes])
    }

    @Test func isRemovedWhereNotCommitted() throws {
        var first: TemporaryFile? = try TemporaryFile.create(in: folder.path)
        let second = try TemporaryFile.create(in: folder.path)
        #expect(try folder.names().count == 2)
        #expect(first != nil)
        first = nil
        second.discard()
        #expect(try folder.names() == [])
    }

    @Test func onlyWhatNobodyHoldsIsStale() throws {
        let held = try TemporaryFile.create(in: folder.path)
        let dead = Array("tmp-00112233445566778899aabbccddeeff".utf8)
        let others = ["tmp-", "tmp-0011", "data", "tmp-00112233445566778899aabbccddeefg"].map(\.bytes)
        for name in others + [dead] { try folder.write(name) }
        #expect(try TemporaryFile.removeStale(in: folder.path) == 1)
        #expect(try Set(folder.names()) == Set(others + [held.path.lastComponent]))
        held.discard()
    }

    @Test func clearingUpNeverTakesALiveFile() async throws {
        let path = folder.path
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    for round in 0..<50 {
                        let name = "\(writer)-\(round)"
                        try DurableWrite.create(
                            path: path.appending(name), Array(name.utf8), temporaryFolder: path)
                    }
                }
            }
            group.addTask { for _ in 0..<200 { try TemporaryFile.removeStale(in: path) } }
            try await group.waitForAll()
        }
        #expect(try folder.names().count == 200)
        for name in try folder.names() { #expect(try folder.content(name) == name) }
    }

    @Test func mappedFilesShowTheirBytes() throws {
        let content = (0..<10_000).map { UInt8(truncatingIfNeeded: $0) }
        let mapped = try MappedFile(folder.write("f".bytes, content))
        #expect(mapped.count == content.count)
        #expect(mapped.withBytes { Array($0) } == content)
        #expect(try MappedFile(folder.write("e".bytes)).withBytes { $0.count } == 0)
        #expect(errnoOf { try MappedFile(folder.path.appending("none")) } == ENOENT)
        #expect(errnoOf { try MappedFile(folder.path) } == ENODEV)
    }
}
