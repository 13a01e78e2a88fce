import Backends
import FileIO
import Primitives
import Repositories
import SeededData
import Snapshots
import TemporaryFolders
import TestSupport
import Testing
import Threads

struct BackupTests {
    /// 0 and 1 byte, and the chunker's minimum, average and maximum with their neighbours (b = 13).
    @Test(arguments: [1, 2047, 2048, 2049, 8191, 8192, 8193, 32767, 32768, 32769, 300_000])
    func streamsOfEveryLengthComeBack(count: Int) throws {
        let test = try TestRepository.make(bits: 13)
        var random = SeededRandom(seed: UInt64(count))
        let contents = [random.bytes(count), [UInt8](repeating: 0, count: count), random.text(count)]
        let streams = try contents.enumerated().map { try TestRepository.stream("s\($0.offset)", $0.element) }
        let result = try test.backUp(streams)
        for (number, bytes) in contents.enumerated() {
            #expect(try test.read("s\(number)", of: result.snapshot) == bytes)
        }
        #expect(test.warnings.withLock { $0 } == [])
    }

    @Test(arguments: [true, false])
    func whatIsKnownIsNotStoredAgain(isEncrypted: Bool) throws {
        let test = try TestRepository.make(isEncrypted: isEncrypted)
        var random = SeededRandom(seed: 1)
        var bytes = random.bytes(4 << 20)
        let first = try test.backUp("db", bytes)
        #expect(first.progress.newBytes == UInt64(bytes.count))
        let again = try test.backUp("db", bytes)
        #expect(again.progress.newBytes == 0)
        #expect(again.parent?.id == first.snapshot.id)
        #expect(again.stored.storedBytes <= 1 << 16)
        bytes[2 << 20] ^= 1
        let changed = try test.backUp("db", bytes)
        // One byte changes one chunk, or moves a cut between two.
        #expect(changed.progress.newBytes > 0 && changed.progress.newBytes <= 256 << 10)
        #expect(try test.read("db", of: changed.snapshot) == bytes)
    }

    @Test func streamsSideBySideShareChunks() throws {
        let test = try TestRepository.make()
        var random = SeededRandom(seed: 2)
        let bytes = random.bytes(2 << 20)
        let streams = try (0..<5).map { try TestRepository.stream("copy/\($0)", bytes) }
        let result = try test.backUp(streams)
        #expect(result.progress.newBytes == UInt64(bytes.count))
        for number in 0..<5 { #expect(try test.read("copy/\(number)", of: result.snapshot) == bytes) }
    }

    @Test func anEmptyStreamIsRefusedUnlessAllowed() throws {
        let test = try TestRepository.make()
        let error = #expect(throws: VarveError.self) { try test.backUp([TestRepository.stream("nothing", [])]) }
        #expect(error?.kind == .source)
        #expect(error?.problem.contains("nothing") == true)
        #expect(try test.snapshots().isEmpty)
        let result = try test.backUp([TestRepository.stream("nothing", [], allowsEmpty: true)])
        #expect(try test.read("nothing", of: result.snapshot) == [])
    }

    @Test(arguments: [
        ("echo begun; echo 'last words' >&2; exit 3", "exited with status 3"),
        ("head -c 300000 /dev/urandom; kill -9 $$", "killed by signal 9"),
        ("false | cat", "exited with status 1"), ("true", "no bytes"), ("no-such-command-here", "127"),
    ])
    func aCommandThatFailsMakesNoSnapshot(command: String, expected: String) throws {
        let test = try TestRepository.make()
        let streams = [
            TestRepository.command("bad", command), TestRepository.command("good", "seq 1 100000"),
        ]
        let error = #expect(throws: VarveError.self) { try test.backUp(streams) }
        #expect(error?.problem.contains("stream bad") == true)
        #expect(error?.problem.contains(expected) == true, "\(error?.problem ?? "")")
        #expect(try test.snapshots().isEmpty)
        #expect(try test.repository.backend.list(.locks).isEmpty)
    }

    @Test func aHangingCommandIsEndedByCancelling() throws {
        let test = try TestRepository.make()
        let cancellation = Cancellation()
        let canceller = WorkerThread(name: "canceller") {
            // The anchor in the repository shows that the backup is at work.
            while ((try? test.repository.backend.list(.locks).isEmpty) ?? true) {}
            cancellation.cancel(VarveError(.cancelled, "interrupted"))
        }
        let error = #expect(throws: VarveError.self) {
            try test.backUp([TestRepository.command("slow", "echo x; sleep 1000")], cancellation: cancellation)
        }
        canceller.join()
        #expect(error?.kind == .cancelled)
        #expect(try test.snapshots().isEmpty)
    }

    @Test func whatAFailedRunStoredIsUsedByTheNext() throws {
        let test = try TestRepository.make()
        var random = SeededRandom(seed: 5)
        let bytes = random.bytes(32 << 20)
        let folder = try TemporaryFolder()
        try folder.write("data", bytes)
        let command = TestRepository.command("db", "cat \(folder.path.display)/data; exit 1")
        #expect(throws: VarveError.self) { try test.backUp([command]) }
        let result = try test.backUp("db", bytes)
        // What was on its way when the command failed is read again: a few batches and segments.
        #expect(result.progress.newBytes < 16 << 20)
        #expect(try test.read("db", of: result.snapshot) == bytes)
    }

    @Test(arguments: [["a", "a"], ["a", "a/b"], [".."], ["a//b"], [""], ["etc"]])
    func namesThatCannotStandTogetherAreRefused(names: [String]) throws {
        let test = try TestRepository.make()
        let streams = try names.map { try TestRepository.stream($0, [1]) }
        let error = #expect(throws: VarveError.self) { try test.backUp(streams, paths: [BytePath("/etc/hostname")]) }
        #expect(error?.kind == .usage)
    }

    @Test func twoBackupsAtOnce() throws {
        let test = try TestRepository.make()
        var random = SeededRandom(seed: 6)
        let shared = random.bytes(3 << 20)
        let results = Locked<[Snapshot]>([])
        let threads = (0..<3).map { number in
            WorkerThread(name: "backup") {
                guard let result = try? test.backUp("db\(number)", shared + [UInt8(number)]) else { return }
                results.withLock { $0.append(result.snapshot) }
            }
        }
        for thread in threads { thread.join() }
        #expect(results.withLock { $0.count } == 3)
        for snapshot in results.withLock({ $0 }) {
            let name = snapshot.record.streams[0]
            #expect(try test.read(name, of: snapshot) == shared + [UInt8(name.dropFirst(2)) ?? 255])
        }
    }

    @Test func constantBytesCostNothing() throws {
        let test = try TestRepository.make()
        let bytes = [UInt8](repeating: 0x55, count: 50_000_000)
        let result = try test.backUp("constant", bytes)
        #expect(result.progress.newBytes < 1 << 20)
        #expect(try test.read("constant", of: result.snapshot) == bytes)
    }
}
