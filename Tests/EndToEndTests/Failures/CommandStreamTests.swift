import Glibc
import Testing

/// What becomes of a backup when a command that makes a stream does not do well.
@Suite struct CommandStreamTests {
    @Test func aFailedCommandMakesNoSnapshot() throws {
        let box = try Sandbox(isEncrypted: false)
        let failed = try box.fail(
            1, "backup", "--stream", "good=echo fine", "--stream",
            "db/app.sql=seq 30000; for i in $(seq 100); do echo line $i >&2; done; exit 7")
        let message = try #require(failed.errors.components(after: "varve: stream db/app.sql:"))
        #expect(message.contains("status 7"))
        #expect(message.contains("no snapshot is made"))
        #expect(message.contains("\n  line 100"))
        #expect(!message.contains("\n  line 50\n"), "only the last lines")
        #expect(failed.output.isEmpty)

        let killed = try box.fail(1, "backup", "--stream", "k=echo begun; kill -9 $$")
        #expect(killed.errors.contains("stream k: ") && killed.errors.contains("SIGKILL"))
        // A failure in the middle of a pipe is a failure.
        let piped = try box.fail(1, "backup", "--stream", "p=(echo a; exit 3) | cat")
        #expect(piped.errors.contains("stream p: ") && piped.errors.contains("status 3"))
        let unknown = try box.fail(1, "backup", "--stream", "u=no-such-command-anywhere")
        #expect(unknown.errors.contains("status 127") && unknown.errors.contains("no-such-command-anywhere"))
        // Late: all has been read by then.
        let late = try box.fail(1, "backup", "--stream", "l=seq 500000; exec >&-; exit 9")
        #expect(late.errors.contains("status 9"))
        #expect(try box.snapshots().isEmpty)
        try box.checkAll()
    }

    @Test func anEmptyStreamIsRefusedUnlessAllowed() throws {
        let box = try Sandbox(isEncrypted: false)
        let command = try box.fail(1, "backup", "--stream", "s=true", "--stream", "t=echo t")
        #expect(command.errors.contains("stream s: ") && command.errors.contains("--allow-empty s"))
        let input = try box.fail(1, "backup", "--stdin", "i")
        #expect(input.errors.contains("stream i: ") && input.errors.contains("--allow-empty i"))
        #expect(try box.snapshots().isEmpty)

        try box.succeed(
            "backup", "-q", "--stream", "s=true", "--stdin", "i", "--allow-empty", "s", "--allow-empty", "i")
        #expect(try box.dump("latest:s") == [])
        #expect(try box.dump("latest:i") == [])
        // Allowing one says nothing of another, and of one that is not there it is a mistake.
        try box.fail(1, "backup", "--stream", "s=true", "--stdin", "i", "--allow-empty", "i")
        try box.fail(2, "backup", "--stream", "s=true", "--allow-empty", "other")
    }

    @Test func streamsRunSideBySide() throws {
        let box = try Sandbox(isEncrypted: false)
        // Each waits for the other: one after the other would wait for ever.
        try box.shell("mkfifo one other")
        try box.succeed(
            "backup", "-q", "--stream", "a=echo to-b > \(box.path("one")); cat \(box.path("other"))", "--stream",
            "b=cat \(box.path("one")); echo to-a > \(box.path("other"))")
        #expect(try box.dump("latest:a") == Array("to-a\n".utf8))
        #expect(try box.dump("latest:b") == Array("to-b\n".utf8))
    }

    @Test func oneFailureEndsTheOthers() throws {
        let box = try Sandbox(isEncrypted: false)
        let hanging = "hangs=echo $$ > \(box.path("pid")); echo begun; sleep 1000"
        let failing = "fails=while ! test -s \(box.path("pid")); do sleep 0.01; done; exit 4"
        let outcome = try box.fail(1, "backup", "--stream", "\(hanging)", "--stream", "\(failing)")
        #expect(outcome.errors.contains("stream fails: ") && outcome.errors.contains("status 4"))
        #expect(try box.hasEnded(processIn: "pid"))
        #expect(try box.snapshots().isEmpty)
    }

    @Test func anInterruptEndsAHangingCommandAndKeepsWhatIsStored() throws {
        let box = try Sandbox("--pack-size", "1M")
        let data = box.path("data")
        try Files.write(Sample.random(6 << 20, seed: 11), to: data)
        let running = try box.startVarve(
            "backup", "--stream", "s=echo $$ > \(box.path("pid")); cat \(data); sleep 1000")
        #expect(Waiting.until(seconds: 120) { box.packs.count >= 3 })
        running.send(SIGINT)
        let outcome = try running.wait(atMost: 60)
        #expect(outcome.code == 130, "\(outcome.errors)")
        #expect(outcome.errors.contains("interrupted"))
        #expect(try box.hasEnded(processIn: "pid"))
        #expect(try box.snapshots().isEmpty)
        try box.checkAll()

        let stored = box.packs.count
        let next = try box.succeed("backup", "--json", "--stream", "s=cat \(data)").object("summary")
        let new = try #require(next.number("bytes_new"))
        #expect(new <= (6 - stored + 1) << 20, "what stands in packs is not stored again")
        #expect(try box.dump("latest:s") == (try Files.read(data)))
        try box.checkAll()
    }

    @Test func anInterruptEndsWaitingForStandardInput() throws {
        let box = try Sandbox("--pack-size", "1M")
        try box.shell("mkfifo input")
        // Open for reading and writing: it never ends.
        let writer = open(box.path("input"), O_RDWR | O_CLOEXEC)
        defer { close(writer) }
        let running = try box.startVarve("backup", "--stdin", "i", input: box.path("input"))
        let data = Sample.random(3 << 20, seed: 12)
        data.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = write(writer, UnsafeRawBufferPointer(rebasing: rest).baseAddress, min(rest.count, 65536))
                guard count > 0 else { break }
                rest = rest.dropFirst(count)
            }
        }
        running.send(SIGINT)
        #expect(try running.wait(atMost: 60).code == 130)
        #expect(try box.snapshots().isEmpty)
        #expect(try box.succeed("list", "locks").lines == [])
    }

    @Test func aSecondInterruptEndsAtOnce() throws {
        let box = try Sandbox(isEncrypted: false)
        // It does not listen to what it is told, so the first interrupt has to wait for it.
        let running = try box.startVarve(
            "backup", "--stream", "s=trap '' TERM; echo $$ > \(box.path("pid")); while :; do sleep 1; done")
        #expect(Waiting.until(seconds: 60) { Files.exists(box.path("pid")) })
        running.send(SIGINT)
        usleep(200_000)
        running.send(SIGINT)
        #expect(try running.wait(atMost: 60).code == 130)
        let process = try #require(Int32(try Files.text(box.path("pid")).dropLast()))
        kill(-process, SIGKILL)
        #expect(try box.snapshots().isEmpty)
        try box.checkAll()
    }
}

extension Sandbox {
    /// Whether the process whose number is in a file ends soon.
    func hasEnded(processIn name: String) throws -> Bool {
        let process = try #require(Int32(try Files.text(path(name)).dropLast()))
        return Waiting.until(seconds: 30) { kill(process, 0) != 0 }
    }
}

extension String {
    /// What follows the first place where `text` stands; `nil` where it does not.
    func components(after text: String) -> String? {
        firstRange(of: text).map { String(self[$0.upperBound...]) }
    }
}
