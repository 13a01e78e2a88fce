import FileIO
import Glibc
import Testing

@Suite struct RootedFolderTests {
    let folder: OpenFolder
    let root: RootedFolder
    /// A folder beside the root, which nothing may reach.
    let outside: OpenFolder
    init() throws {
        folder = try OpenFolder()
        root = try RootedFolder.open(folder.path)
        outside = try OpenFolder()
        try outside.write("kept".bytes, [1])
    }

    @Test func descends() throws {
        #expect(errnoOf { try root.descend(["a".bytes, "b".bytes]) } == ENOENT)
        let deep = try root.descend(["a".bytes, [0xff]], creating: true)
        _ = try deep.createFile("f".bytes)
        #expect(try Array(DirectoryListing(of: root.descend(["a".bytes, [0xff]]))) == ["f".bytes])
        #expect(try FileMetadata.read(at: root.folder, name: "a".bytes).permissions == 0o700)
        #expect(try root.descend([]).descriptor == root.folder.descriptor)
    }

    @Test func plantedLinksAreNotFollowed() throws {
        try folder.open.makeDirectory("a".bytes)
        try root.descend(["a".bytes]).makeSymbolicLink("link".bytes, to: outside.path.bytes)
        for creating in [false, true] {
            let code = errnoOf { try root.descend(["a".bytes, "link".bytes, "x".bytes], creating: creating) }
            #expect(code == ELOOP || code == ENOTDIR)
        }
        let a = try root.descend(["a".bytes])
        #expect(errnoOf { try a.createFile("link".bytes) } == EEXIST)
        try a.makeSymbolicLink("file".bytes, to: outside.path.appending("kept").bytes)
        #expect(errnoOf { try a.openExisting("file".bytes, .readWrite, .truncate) } == ELOOP)
        #expect(try outside.names() == ["kept".bytes])
        #expect(try outside.content("kept".bytes) == [1])
    }

    @Test(arguments: ["", ".", "..", "a/b", "/", "a\0"])
    func namesThatLeadElsewhereAreRefused(text: String) throws {
        let name = Array(text.utf8)
        let folder = root.folder
        let attempts: [() throws -> Void] = [
            { _ = try root.descend([name], creating: true) },
            { try folder.makeDirectory(name) },
            { try folder.makeSymbolicLink(name, to: "x".bytes) },
            { try folder.makeHardLink(name, to: folder, "x".bytes) },
            { try folder.makeHardLink("x".bytes, to: folder, name) },
            { try folder.makeSpecialFile(name, .fifo) },
            { _ = try folder.createFile(name) },
            { _ = try folder.openExisting(name) },
            { try folder.removeFile(name) },
            { try folder.removeTree(name) },
            { try folder.setPermissions(of: name, 0o777) },
            { try folder.rename("x".bytes, to: folder, name, replacing: true) },
        ]
        for attempt in attempts { #expect(errnoOf(attempt) == EINVAL) }
        #expect(try self.folder.names().isEmpty)
    }

    @Test func treesAreRemovedAndLinksInThemKept() throws {
        let deep = try root.descend(["t".bytes, "a".bytes, "b".bytes], creating: true)
        _ = try deep.createFile("f".bytes)
        try deep.makeSymbolicLink("out".bytes, to: outside.path.bytes)
        try root.descend(["t".bytes]).makeSpecialFile("p".bytes, .fifo)
        try folder.write("beside".bytes)
        #expect(errnoOf { try root.folder.removeDirectory("t".bytes) } == ENOTEMPTY)
        try root.folder.removeTree("t".bytes)
        #expect(try folder.names() == ["beside".bytes])
        #expect(try outside.names() == ["kept".bytes])
        try root.folder.removeTree("beside".bytes)
        #expect(errnoOf { try root.folder.removeTree("none".bytes) } == ENOENT)
    }

    @Test func renameKeepsOrReplaces() throws {
        try folder.write("a".bytes, [1])
        try folder.write("b".bytes, [2])
        let there = try root.descend(["d".bytes], creating: true)
        let here = root.folder
        #expect(errnoOf { try here.rename("a".bytes, to: here, "b".bytes, replacing: false) } == EEXIST)
        try here.rename("a".bytes, to: here, "b".bytes, replacing: true)
        #expect(try folder.content("b".bytes) == [1])
        try here.rename("b".bytes, to: there, "c".bytes, replacing: false)
        #expect(try Array(DirectoryListing(of: there)) == ["c".bytes])
    }
}
