import FileIO
import Glibc
import SeededData
import Testing

@Suite struct DirectoryListingTests {
    let folder: OpenFolder
    init() throws { folder = try OpenFolder() }

    @Test func emptyFolder() throws {
        #expect(try DirectoryListing(of: folder.open).isEmpty)
    }

    @Test func namesAreSortedByBytes() throws {
        var generator = SeededRandom(seed: 5)
        var names: Set<[UInt8]> = [
            "a".bytes, "a.b".bytes, "ab".bytes, "...".bytes, " ".bytes, "\n".bytes, [0xff], [0x80, 0x41],
            [UInt8](repeating: 97, count: 255),
        ]
        while names.count < 500 {
            let length = Int.random(in: 1...40, using: &generator)
            names.insert((0..<length).map { _ in .random(in: 0x30...255, using: &generator) })
        }
        for name in names { try folder.write(name) }
        let expected = names.sorted { $0.lexicographicallyPrecedes($1) }
        // Twice, since reading moves the position of the folder.
        for _ in 0..<2 {
            let listing = try DirectoryListing(of: folder.open)
            #expect(Array(listing) == expected)
            #expect(listing[250] == expected[250])
        }
    }

    @Test func filesAreNoFolders() throws {
        let file = try OpenFile.open(folder.write("f".bytes))
        #expect(errnoOf { try DirectoryListing(of: file) } == ENOTDIR)
    }
}
