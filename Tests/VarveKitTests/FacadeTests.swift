import Glibc
import TemporaryFolders
import TestSupport
import Testing
import VarveKit

/// The interface for other programs, over a repository in a folder.
struct FacadeTests {
    /// Makes a repository whose password costs next to nothing, as another tool would have made it.
    private func makeRepository(isEncrypted: Bool = true) throws -> (folder: TemporaryFolder, location: String) {
        let folder = try TemporaryFolder()
        let location = folder.path.appending("repository").display
        _ = try TestRepository.make(at: try BackendLocation.backend(location), isEncrypted: isEncrypted)
        return (folder, location)
    }

    private func contents(_ repository: VarveRepository, _ path: String, _ snapshot: String = "latest") throws
        -> [UInt8]
    {
        let output = Locked<[UInt8]>([])
        try repository.read(path, of: snapshot) { bytes throws(VarveError) in
            output.withLock { $0.append(contentsOf: bytes) }
        }
        return output.withLock { $0 }
    }

    @Test(arguments: [true, false])
    func whatIsBackedUpIsRead(isEncrypted: Bool) throws {
        let (folder, location) = try makeRepository(isEncrypted: isEncrypted)
        let repository = try VarveRepository.open(location, password: isEncrypted ? "test" : nil)
        try folder.write("dump", Array("a dump".utf8))
        let descriptor = Glibc.open(folder.path.appending("dump").display, O_RDONLY)
        let first = try repository.backUp(
            [.descriptor("db.sql", descriptor), .command("words", "printf 'one two'")], tags: ["nightly"])
        let second = try repository.backUp([.command("words", "printf three")])

        let snapshots = try repository.snapshots()
        #expect(snapshots.map(\.id) == [first, second])
        #expect(snapshots[0].streams == ["db.sql", "words"])
        #expect(snapshots[0].tags == ["nightly"])
        #expect(snapshots[0].bytes == 13)
        #expect(try contents(repository, "db.sql", first) == Array("a dump".utf8))
        #expect(try contents(repository, "words", String(first.prefix(8))) == Array("one two".utf8))
        #expect(try contents(repository, "words") == Array("three".utf8))
    }

    @Test func failuresSayWhatIsWrong() throws {
        let (folder, location) = try makeRepository()
        withExtendedLifetime(folder) {
            #expect(failure { try VarveRepository.open(location, password: "wrong") }?.kind == .wrongPassword)
            #expect(failure { try VarveRepository.open(location, password: nil) }?.kind == .wrongPassword)
            #expect(failure { try VarveRepository.open(location + "-none", password: "x") }?.kind == .repositoryMissing)
            #expect(failure { try VarveRepository.create(location, password: nil) }?.kind == .repositoryExists)
            #expect(failure { try VarveRepository.open("s3:bucket", password: "x") }?.kind == .usage)
        }
        let repository = try VarveRepository.open(location, password: "test")
        #expect(failure { try contents(repository, "x") }?.kind == .notFound)
        #expect(failure { try repository.backUp([.command("bad", "exit 4")]) }?.problem.contains("bad") == true)
        #expect(try repository.snapshots().isEmpty)
        _ = try repository.backUp([.command("good", "echo good")])
        #expect(failure { try contents(repository, "x") }?.problem.contains("/x") == true)
        #expect(failure { try contents(repository, "") }?.kind == .usage)
    }

    @Test func readersLeaveNothingBehind() throws {
        let (folder, location) = try makeRepository()
        let repository = try VarveRepository.open(location, password: "test")
        _ = try repository.backUp([.command("a", "echo a")])
        #expect(failure { try contents(repository, "b") } != nil)
        _ = try contents(repository, "a")
        #expect(try LocalBackend(folder.path.appending("repository")).list(.locks).isEmpty)
    }

    /// What `body` throws ends the reading and comes out again.
    @Test func theReaderMayStop() throws {
        let (folder, location) = try makeRepository()
        let repository = try VarveRepository.open(location, password: "test")
        _ = try repository.backUp([.command("a", "seq 1 2000000")])
        let stop = VarveError(.cancelled, "enough")
        let count = Locked(0)
        let error = failure {
            try repository.read("a", of: "latest") { bytes throws(VarveError) in
                if count.withLock({
                    $0 += 1; return $0 == 3
                }) {
                    throw stop
                }
            }
        }
        #expect(error == stop)
        #expect(count.withLock { $0 } == 3)
        withExtendedLifetime(folder) {}
    }
}
