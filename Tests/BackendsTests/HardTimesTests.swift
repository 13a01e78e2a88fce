import BackendConformance
import Backends
import FileIO
import Glibc
import Primitives
import TemporaryFolders
import Testing

/// Disks that are full or read-only. Both need a file system of their own, which only root can mount.
@Suite("A repository in a folder, in hard times", .serialized)
struct HardTimesTests {
    @Test(
        "a full disk is said to be one, leaves no part of an object, and is no harm once there is space again",
        .enabled(if: MountedFolder.isAllowed, "mounting a file system needs root"))
    func fullDisk() throws {
        let disk = try MountedFolder(kibibytes: 2048)
        let root = disk.path.appending("repository")
        let test = try BackendUnderTest(LocalBackend(root))
        var stored: [ObjectName] = []
        var failures: [VarveError?] = []
        var number: UInt64 = 0
        while failures.count < 3 {
            // Smaller ones still fit where larger ones do not.
            let bytes = content(number, count: 100_000 / (failures.count + 1))
            let name = test.name(bytes, in: number % 2 == 0 ? .data : .index)
            if let error = try test.failure({ try test.backend.put(name, bytes) }) {
                failures.append(error)
                #expect(try test.failure { try test.backend.read(name) }?.kind == .notFound)
            } else {
                stored.append(name)
            }
            number += 1
        }
        for error in failures {
            #expect(error?.kind == .storage)
            #expect(error?.problem.contains(root.display) == true)
            #expect(error?.advice.contains("free some space") == true)
        }
        #expect(stored.count > 3)
        #expect(try root.appending("tmp").names().isEmpty)
        let listed = try StorageFolder.allCases.reduce(0) { try $0 + test.list($1).count }
        #expect(listed == stored.count)
        for name in stored { #expect(test.nameOf(try test.backend.read(name)) == name.id) }

        // So it is with `config`, of which there is none or all.
        let configuration = content(999, count: 60_000)
        #expect(try test.failure { try test.backend.writeConfiguration(configuration) }?.kind == .storage)
        #expect(try test.backend.readConfiguration() == nil)

        try test.backend.delete(stored.removeFirst())
        try test.backend.prepareForWriting()
        try test.backend.writeConfiguration(configuration)
        stored.append(try test.put(content(1000, count: 10_000)))
        stored.append(try test.putFile(content(1001, count: 10_000)))
        for name in stored { #expect(test.nameOf(try test.backend.read(name)) == name.id) }
        #expect(try test.backend.readConfiguration() == configuration)
    }

    @Test(
        "from a read-only disk everything can be read, and who writes is told why not",
        .enabled(if: MountedFolder.isAllowed, "mounting a file system needs root"))
    func readOnlyDisk() throws {
        let disk = try MountedFolder(kibibytes: 2048)
        let test = try BackendUnderTest(LocalBackend(disk.path))
        let (pack, index) = try fill(test)
        try disk.makeReadOnly()
        try expectReadable(test, pack, index)
        try expectRefusals(test, pack, advice: "read-only")
    }

    @Test(
        "from a folder without the right to write everything can be read, and who writes is told what to do",
        .enabled(if: geteuid() != 0, "root may write everywhere"))
    func readOnlyFolder() throws {
        let folder = try TemporaryFolder()
        let root = folder.path.appending("repository")
        let test = try BackendUnderTest(LocalBackend(root))
        let (pack, index) = try fill(test)
        func setPermissions(_ permissions: UInt32) throws {
            for name in try root.names() where name != "config" {
                try OpenFile.open(root, .readOnly, .directory).setPermissions(of: Array(name.utf8), permissions)
            }
            let prefix = Array(pack.id.hex.prefix(2).utf8)
            try OpenFile.open(root.appending("data"), .readOnly, .directory).setPermissions(of: prefix, permissions)
        }
        try setPermissions(0o500)
        defer { try? setPermissions(0o700) }
        try expectReadable(test, pack, index)
        try expectRefusals(test, pack, advice: "permissions")
    }

    private func fill(_ test: BackendUnderTest) throws -> (pack: ObjectName, index: ObjectName) {
        try test.backend.writeConfiguration([1, 2, 3])
        return (try test.put(content(1, count: 5000)), try test.put(content(2, count: 100), in: .index))
    }

    private func expectReadable(_ test: BackendUnderTest, _ pack: ObjectName, _ index: ObjectName) throws {
        #expect(try test.backend.readConfiguration() == [1, 2, 3])
        #expect(try test.list(.data) == [ListedObject(id: pack.id, size: 5000)])
        #expect(try test.list(.index) == [ListedObject(id: index.id, size: 100)])
        #expect(try test.read(pack, at: 1000, count: 4000) == content(1, count: 5000).suffix(4000))
        #expect(try test.backend.read(index) == content(2, count: 100))
    }

    private func expectRefusals(_ test: BackendUnderTest, _ pack: ObjectName, advice: String) throws {
        for error in [
            try test.failure { try test.put([7]) }, try test.failure { try test.put([7], in: .locks) },
            try test.failure { try test.backend.delete(pack) },
        ] {
            #expect(error?.kind == .storage && error?.isRetryable == false)
            #expect(error?.problem.contains(test.backend.location) == true)
            #expect(error?.advice.contains(advice) == true)
        }
    }
}
