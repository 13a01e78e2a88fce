import FileIO
import Glibc
import Primitives
import Testing

@Suite struct OpenFileTests {
    let folder: OpenFolder
    init() throws { folder = try OpenFolder() }

    private func create(_ name: [UInt8], _ options: OpenFile.Options = []) throws(SystemError) -> OpenFile {
        try OpenFile.openAt(
            directory: folder.open, name: name, .readWrite, options.union(.create), permissions: 0o640)
    }

    @Test func writesAndReadsAtPositionsAndOffsets() throws {
        let file = try create("f".bytes)
        try file.write(Array(0..<100))
        try [200, 201].withUnsafeBytes { try file.write($0, at: 0) }
        #expect(try file.size() == 100)
        // Writing at an offset, each of eight bytes, leaves the position at 100.
        try file.write([7])

        var buffer = [UInt8](repeating: 0xee, count: 10)
        #expect(try buffer.withUnsafeMutableBytes { try file.readFully(into: $0, at: 95) } == 6)
        #expect(buffer == [95, 96, 97, 98, 99, 7, 0xee, 0xee, 0xee, 0xee])
        #expect(try buffer.withUnsafeMutableBytes { try file.read(into: $0, at: 0) } == 10)
        #expect(buffer.prefix(9) == [200, 0, 0, 0, 0, 0, 0, 0, 201])
        #expect(try buffer.withUnsafeMutableBytes { try file.read(into: $0) } == 0)
        try file.truncate(to: 3)
        #expect(try folder.content("f".bytes) == [200, 0, 0])
        try file.synchronize()
        try folder.open.synchronizeDirectory()
    }

    @Test(arguments: [0, 1, 4095, 4096, 4097, 100_000])
    func readAllReadsUpToItsLimit(count: Int) throws {
        let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let path = try folder.write("f".bytes, content)
        #expect(try OpenFile.open(path).readAll(limit: count) == content)
        #expect(try OpenFile.open(path).readAll(limit: .max / 2) == content)
        if count > 0 {
            #expect(errnoOf { try OpenFile.open(path).readAll(limit: count - 1) } == EFBIG)
        }
    }

    @Test func readAllReadsWhatHasNoSize() throws {
        let file = try OpenFile.open("/proc/self/status")
        #expect(try file.size() == 0)
        #expect(try file.readAll(limit: 1 << 20).starts(with: "Name:".utf8))
    }

    @Test func flagsDoWhatTheySay() throws {
        try folder.write("f".bytes, [1])
        #expect(errnoOf { try create("f".bytes, .exclusive) } == EEXIST)
        #expect(errnoOf { try create("f/x".bytes) } == ENOTDIR)
        try create("f".bytes, .append).write([2])
        #expect(try folder.content("f".bytes) == [1, 2])
        _ = try create("f".bytes, .truncate)
        #expect(try folder.content("f".bytes) == [])
        try folder.open.makeSymbolicLink("l".bytes, to: "f".bytes)
        #expect(errnoOf { try create("l".bytes, .noFollow) } == ELOOP)
        #expect(
            errnoOf { try OpenFile.open(folder.path.appending("f"), .readOnly, .directory) }
                == ENOTDIR)
        // A FIFO without a writer would block for ever.
        try folder.open.makeSpecialFile("p".bytes, .fifo)
        #expect(try FileMetadata.read(of: folder.open.openExisting("p".bytes)).kind == .fifo)
    }

    @Test func accessTimeIsNoReasonToFail() throws {
        // Everyone may read it; for all but root the first attempt fails with EPERM.
        #expect(try OpenFile.open("/etc/passwd", .readOnly, .noAccessTime).readAll(limit: 1 << 20).isEmpty == false)
    }

    @Test func descriptorsAreNotInheritedAndAreClosed() throws {
        var file: OpenFile? = try create("f".bytes)
        let descriptor = try #require(file?.descriptor)
        #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
        try file?.close()
        #expect(file?.descriptor == -1)
        let after = file.flatMap { file in errnoOf { try file.write([1]) } }
        #expect(after == EBADF)
        #expect(file.flatMap { file in errnoOf { try file.close() } } == EBADF)
        file = nil

        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        var writer: OpenFile? = OpenFile(adopting: ends[1], path: "pipe")
        #expect(writer != nil)
        writer = nil
        #expect(try OpenFile(adopting: ends[0], path: "pipe").readAll(limit: 10) == [])
    }

    @Test func locksExcludeEachOther() throws {
        let first = try create("f".bytes)
        let second = try create("f".bytes)
        #expect(try first.tryLockExclusively())
        #expect(try second.tryLockExclusively() == false)
        try first.close()
        #expect(try second.tryLockExclusively())
    }

    @Test func errorsNameWhatFailed() throws {
        let path = folder.path.appending("missing")
        do throws(SystemError) {
            _ = try OpenFile.open(path)
            Issue.record("a missing file opened")
        } catch {
            #expect(error.errnoCode == ENOENT && error.isMissing)
            let shown = error.asVarveError(.source)
            #expect(shown.problem == "cannot open \(path.display): No such file or directory")
            #expect(shown.kind == .source && !shown.isRetryable)
        }
    }

    @Test func errorsAdvise() {
        func error(_ code: Int32) -> VarveError {
            SystemError(errnoCode: code, operation: "write", path: "/x").asVarveError(.local)
        }
        #expect(error(ENOSPC).advice.contains("full") && error(EDQUOT).advice.contains("full"))
        #expect(!error(ENOSPC).isRetryable && !error(EACCES).isRetryable)
        #expect(error(EACCES).advice.contains("permissions") && error(EPERM).advice.contains("permissions"))
        #expect(error(EAGAIN).isRetryable && error(EIO).isRetryable && error(EIO).advice.isEmpty)
        #expect(error(9999).problem == "cannot write /x: error 9999")
    }

    @Test func fullDeviceFails() throws {
        let full = try OpenFile.open("/dev/full", .writeOnly)
        #expect(errnoOf { try full.write([1]) } == ENOSPC)
    }
}
