import FileIO
import Glibc
import Testing

@Suite struct MetadataTests {
    let folder: OpenFolder
    init() throws { folder = try OpenFolder() }

    private func metadata(_ name: [UInt8]) throws -> FileMetadata {
        try FileMetadata.read(at: folder.open, name: name)
    }

    @Test func tellsKinds() throws {
        try folder.write("f".bytes, [1, 2, 3])
        try folder.open.makeDirectory("d".bytes, permissions: 0o750)
        try folder.open.makeSymbolicLink("l".bytes, to: "/etc/passwd".bytes)
        try folder.open.makeSpecialFile("p".bytes, .fifo)
        try folder.open.makeSpecialFile("s".bytes, .socket)
        #expect(try metadata("f".bytes).kind == .regular)
        #expect(try metadata("f".bytes).size == 3)
        #expect(try metadata("d".bytes).kind == .directory)
        #expect(try metadata("d".bytes).permissions & 0o700 == 0o700)
        #expect(try metadata("l".bytes).kind == .symbolicLink)
        #expect(try metadata("l".bytes).size == 11)
        #expect(try metadata("p".bytes).kind == .fifo)
        #expect(try metadata("s".bytes).kind == .socket)
        #expect(try FileMetadata.read("/dev/null").kind == .characterDevice)
        #expect(try FileMetadata.read("/dev/null").deviceNumber == DeviceNumber(major: 1, minor: 3))
        #expect(try metadata("f".bytes).userID == geteuid())
        #expect(errnoOf { try FileMetadata.read(at: folder.open, name: "none".bytes) } == ENOENT)
    }

    @Test func threeWaysAgree() throws {
        let path = try folder.write("f".bytes, [1])
        let first = try FileMetadata.read(path)
        #expect(try metadata("f".bytes) == first)
        #expect(try FileMetadata.read(of: OpenFile.open(path)) == first)
    }

    @Test func hardLinksAreCounted() throws {
        try folder.write("f".bytes)
        try folder.open.makeHardLink("g".bytes, to: folder.open, "f".bytes)
        #expect(try metadata("f".bytes).linkCount == 2)
        #expect(try metadata("f".bytes).inode == metadata("g".bytes).inode)
        #expect(try metadata("f".bytes).device == metadata("g".bytes).device)
        // The link itself gets another name, not what it leads to.
        try folder.open.makeSymbolicLink("l".bytes, to: "f".bytes)
        try folder.open.makeHardLink("m".bytes, to: folder.open, "l".bytes)
        #expect(try metadata("m".bytes).kind == .symbolicLink)
        #expect(try metadata("f".bytes).linkCount == 2)
    }

    @Test(arguments: [
        FileTime(seconds: 1_700_000_000, nanoseconds: 123_456_789), FileTime(seconds: -5, nanoseconds: 999_999_999),
        FileTime(seconds: 0, nanoseconds: 0),
    ])
    func timesAreSetToTheNanosecond(time: FileTime) throws {
        try folder.write("f".bytes)
        let before = try metadata("f".bytes).changed
        try folder.open.setTimes(of: "f".bytes, modified: time, accessed: time)
        #expect(try metadata("f".bytes).modified == time)
        #expect(try metadata("f".bytes).changed >= before)
    }

    @Test func timesOrder() {
        #expect(FileTime(seconds: -1, nanoseconds: 5) < FileTime(seconds: 0, nanoseconds: 0))
        #expect(FileTime(seconds: 1, nanoseconds: 1) < FileTime(seconds: 1, nanoseconds: 2))
    }

    @Test func linksAreNotFollowed() throws {
        try folder.write("f".bytes)
        try folder.open.setPermissions(of: "f".bytes, 0o640)
        try folder.open.makeSymbolicLink("l".bytes, to: "f".bytes)
        let before = try metadata("f".bytes)
        try folder.open.setTimes(of: "l".bytes, modified: FileTime(seconds: 1, nanoseconds: 2))
        #expect(errnoOf { try folder.open.setPermissions(of: "l".bytes, 0o777) } == ENOTSUP)
        try folder.open.setOwner(of: "l".bytes, userID: geteuid(), groupID: getegid())
        #expect(try metadata("f".bytes) == before)
        #expect(try metadata("l".bytes).modified == FileTime(seconds: 1, nanoseconds: 2))
        #expect(try folder.open.readSymbolicLink("l".bytes) == "f".bytes)
    }

    @Test func permissionsHaveAllTwelveBits() throws {
        try folder.write("f".bytes)
        try folder.open.setPermissions(of: "f".bytes, 0o7711)
        #expect(try metadata("f".bytes).permissions == 0o7711)
        try folder.open.openExisting("f".bytes).setPermissions(0o400)
        #expect(try metadata("f".bytes).permissions == 0o400)
    }

    @Test func ownersAreSet() throws {
        try folder.write("f".bytes)
        // Only root may give a file away; everyone may give it to himself.
        let owner: UInt32 = isRoot ? 12345 : geteuid()
        try folder.open.setOwner(of: "f".bytes, userID: owner, groupID: getegid())
        #expect(try metadata("f".bytes).userID == owner)
    }

    @Test func longLinksAreReadWhole() throws {
        let target = [UInt8](repeating: 0xfe, count: 3000)
        try folder.open.makeSymbolicLink("l".bytes, to: target)
        #expect(try folder.open.readSymbolicLink("l".bytes) == target)
    }

    @Test func devicesAreMadeByWhoMay() throws {
        let number = DeviceNumber(major: 1, minor: 300)
        do throws(SystemError) {
            try folder.open.makeSpecialFile("c".bytes, .characterDevice, device: number)
        } catch  where error.errnoCode == EPERM {
            return
        }
        #expect(try metadata("c".bytes).deviceNumber == number)
    }

    @Test func accountsHaveNames() {
        let names = AccountNames()
        for _ in 0..<2 {
            #expect(names.userName(of: 0) == "root")
            #expect(names.groupName(of: 0) == "root")
            #expect(names.userID(of: "root") == 0)
            #expect(names.groupID(of: "root") == 0)
            #expect(names.userName(of: 3_999_999_999) == nil)
            #expect(names.groupName(of: 3_999_999_999) == nil)
            #expect(names.userID(of: "no such user") == nil)
            #expect(names.groupID(of: "no such group") == nil)
        }
    }
}
