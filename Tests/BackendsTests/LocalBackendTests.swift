import BackendConformance
import Backends
import FileIO
import Primitives
import TemporaryFolders
import Testing

@Suite("A repository in a folder")
struct LocalBackendTests {
    private let folder: TemporaryFolder
    private let root: BytePath
    private let backend: LocalBackend
    private let test: BackendUnderTest

    init() throws {
        folder = try TemporaryFolder()
        root = folder.path.appending("repository")
        backend = LocalBackend(root)
        test = try BackendUnderTest(backend)
    }

    private func path(_ name: ObjectName) -> BytePath {
        let directory = root.appending(name.folder.rawValue)
        let id = name.id.hex
        return (name.folder == .data ? directory.appending(String(id.prefix(2))) : directory).appending(id)
    }

    @Test("has the layout of the format, for its owner alone")
    func layout() throws {
        #expect(try root.names().sorted() == ["data", "index", "keys", "locks", "snapshots", "tmp"])
        let prefixes = (0..<256).map { Hex.encode([UInt8($0)]) }
        #expect(try root.appending("data").names().sorted() == prefixes)
        for name in [try test.put([1, 2, 3]), try test.put([1, 2, 3], in: .keys)] {
            #expect(try OpenFile.open(path(name)).readAll(limit: 100) == [1, 2, 3])
            #expect(try FileMetadata.read(path(name)).permissions == 0o600)
        }
        try backend.writeConfiguration([7])
        #expect(try OpenFile.open(root.appending("config")).readAll(limit: 100) == [7])
        #expect(try FileMetadata.read(root).permissions == 0o700)
        #expect(backend.location == root.display && backend.temporaryFolder == root.appending("tmp"))
    }

    @Test("is made with the folders above it that are missing")
    func deepLayout() throws {
        let deep = folder.path.appending("a/b/c/repository")
        _ = try BackendUnderTest(LocalBackend(deep))
        #expect(deep.appending("data/ff").exists)
    }

    @Test("does not list what is no object of the repository")
    func foreignNames() throws {
        let data = try test.put([1])
        let index = try test.put([2], in: .index)
        let id = String(repeating: "a1", count: 32)
        let foreign = [
            id.uppercased(), String(id.dropLast()), id + "a", String(id.dropLast()) + "g", id + ".tmp",
            "." + id.dropLast(),
            String(repeating: "é", count: 32), "notes", "tmp-" + id.prefix(32),
        ]
        for folder in ["index", "data/a1", "data"] {
            for name in foreign { try root.appending(folder).appending(name).write([1, 2, 3]) }
        }
        // Names of ours that are no files, or lie where they are not looked for.
        try root.appending("index").appending(id).makeDirectory()
        try root.appending("data/a1").appending(id).makeDirectory()
        try root.appending("data").appending(id).write([1])
        try root.appending("data/a2").appending(id).write([1])
        try root.appending("data/00").makeDirectory()
        let link = Array(String(repeating: "b2", count: 32).utf8)
        for folder in ["index", "data/b2"] {
            try OpenFile.open(root.appending(folder), .readOnly, .directory)
                .makeSymbolicLink(link, to: path(index).bytes)
        }
        #expect(try test.list(.data) == [ListedObject(id: data.id, size: 1)])
        #expect(try test.list(.index) == [ListedObject(id: index.id, size: 1)])
        #expect(try test.list(.snapshots).isEmpty)
    }

    @Test("makes folders again that were lost because they were empty")
    func lostFolders() throws {
        try backend.writeConfiguration([1])
        for name in ["index", "snapshots", "tmp", "data"] { try remove(name) }
        for folder in StorageFolder.allCases { #expect(try test.list(folder).isEmpty) }
        try backend.prepareForWriting()
        try root.appending("data").makeDirectory()
        let names = [try test.put([1]), try test.put([2], in: .index), try test.putFile([3], in: .snapshots)]
        for (number, name) in names.enumerated() { #expect(try backend.read(name) == [UInt8(number) + 1]) }
        #expect(try test.list(.data) == [ListedObject(id: names[0].id, size: 1)])
        let missing = test.name([9], in: .data)
        #expect(try test.failure { try backend.read(missing) }?.kind == .notFound)
        try backend.delete(missing)
    }

    private func remove(_ name: String) throws {
        try OpenFile.open(root, .readOnly, .directory).removeTree(Array(name.utf8))
    }

    @Test("lists nothing with an error, not as empty, where the whole repository is gone")
    func lostRepository() throws {
        try backend.writeConfiguration([1])
        try test.put([1])
        try OpenFile.open(folder.path, .readOnly, .directory).removeTree(Array("repository".utf8))
        for makesAnew in [false, true] {
            if makesAnew { try root.makeDirectory() }
            for folder in StorageFolder.allCases {
                let error = try test.failure { try test.list(folder) }
                #expect(error?.kind == .storage && error?.problem.contains(root.display) == true)
            }
        }
        #expect(try backend.readConfiguration() == nil)
        #expect(try test.failure { try backend.put(test.name([1], in: .data), [1]) }?.kind == .storage)
    }

    @Test("clears away what killed writers left, and nothing that is being written or is not varve's")
    func staleFiles() throws {
        let temporary = root.appending("tmp")
        let live = try TemporaryFile.create(in: temporary)
        try live.file.write([1, 2, 3])
        let abandoned = "tmp-" + Hex.encode([UInt8](repeating: 0xAB, count: 16))
        for name in [abandoned, "tmp-short", "notes"] { try temporary.appending(name).write([1]) }
        try backend.prepareForWriting()
        #expect(
            try Set(temporary.names()) == [
                String(decoding: live.path.lastComponent, as: UTF8.self), "tmp-short", "notes",
            ])
        let name = test.name([1, 2, 3], in: .data)
        try backend.put(name, from: live)
        #expect(try backend.read(name) == [1, 2, 3])
        #expect(try Set(temporary.names()) == ["tmp-short", "notes"])
    }

    @Test("a file that was cut short is damage")
    func cutShort() throws {
        let name = try test.put(content(1, count: 5000))
        try OpenFile.open(path(name), .writeOnly).truncate(to: 4000)
        #expect(try test.read(name, at: 3000, count: 1000).count == 1000)
        let error = try test.failure { try test.read(name, at: 3000, count: 1001) }
        #expect(error?.kind == .damaged && error?.problem.contains("\(name): it is truncated") == true)
    }

    @Test("a file above the limit of its folder is refused before it is read", arguments: StorageFolder.allCases)
    func tooLarge(folder: StorageFolder) throws {
        let name = test.name([1], in: folder)
        let file = try OpenFile.open(path(name), .writeOnly, .create)
        try file.truncate(to: Int64(folder.objectSizeLimit) + 1)
        let error = try test.failure { try backend.read(name) }
        #expect(error?.kind == .damaged && error?.problem.contains("\(folder.objectSizeLimit + 1) bytes") == true)
    }

    @Test("says what it could not do, and where")
    func errors() throws {
        let name = test.name([1], in: .index)
        try path(name).makeDirectory()
        for error in [
            try test.failure { try backend.read(name) }, try test.failure { try backend.put(name, [1]) },
            try test.failure { try backend.delete(name) },
        ] {
            #expect(error?.kind == .storage && error?.problem.contains(path(name).display) == true)
        }
        #expect(try root.appending("tmp").names().isEmpty)

        let file = folder.path.appending("file")
        try file.write([1])
        let inFile = LocalBackend(file.appending("repository"))
        let error = try test.failure { try inFile.createLayout() }
        #expect(error?.kind == .storage && error?.problem.contains(file.display) == true)
        #expect(try inFile.readConfiguration() == nil)
        #expect(try test.failure { try inFile.prepareForWriting() }?.kind == .storage)
    }
}
