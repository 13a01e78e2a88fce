import Glibc
import Testing

/// Several programs that use one repository at the same time.
@Suite struct ConcurrencyTests {
    @Test func twoBackupsSideBySide() throws {
        let box = try Sandbox()
        let common = Sample.random(6 << 20, seed: 1)
        let contents = [common + Sample.lines(100_000), Sample.random(1 << 20, seed: 2) + common]
        for (index, content) in contents.enumerated() { try Files.write(content, to: box.path("data-\(index)")) }
        // Each has begun before the other may end.
        try box.shell("mkfifo one other")
        let meet = [
            "echo > \(box.path("one")); read < \(box.path("other"))",
            "read < \(box.path("one")); echo > \(box.path("other"))",
        ]
        let running = try (0...1).map { index in
            try box.startVarve(
                "backup", "-q", "--host", "host-\(index)", "--stream",
                "s=\(meet[index]); cat \(box.path("data-\(index)"))")
        }
        for process in running { #expect(try process.wait().code == 0) }
        #expect(try box.snapshots().count == 2)
        for (index, content) in contents.enumerated() {
            #expect(try box.dump("latest:s", options: ["--host", "host-\(index)"]) == content)
        }
        try box.checkAll()
        // Both are known to the next.
        let third = try box.succeed("backup", "--json", "--stdin", "t", input: .bytes(common + common))
        #expect(try #require(try third.object("summary").number("bytes_new")) < 1 << 20)
    }

    @Test func aBackupWhileADumpRuns() throws {
        let box = try Sandbox()
        let content = Sample.random(8 << 20, seed: 3)
        try box.succeed("backup", "-q", "--stdin", "a", input: .bytes(content))
        // The dump stands still in the middle, until somebody reads on.
        try box.shell("mkfifo pipe")
        let reading = try box.start([
            "bash", "-o", "pipefail", "-c",
            "\"$VARVE\" dump latest:a | { head -c 1000000; : > \(box.path("begun")); read -r < \(box.path("pipe")); cat; }",
        ])
        #expect(Waiting.until(seconds: 60) { Files.exists(box.path("begun")) })
        try box.succeed("backup", "-q", "--stdin", "b", input: .bytes(Sample.lines(100_000)))
        try box.succeed("restore", "latest", "--target", Argument(box.path("out")))
        try box.shell("echo > pipe")
        let outcome = try reading.wait()
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output == content)
        #expect(try Files.read(box.path("out/b")) == Sample.lines(100_000))
        try box.checkAll()
        #expect(try box.succeed("list", "locks").lines == [])
    }

    @Test func backupsWhileARestoreRuns() throws {
        let box = try Sandbox()
        let source = box.path("source")
        try Files.makeFolder(source)
        for index in 0..<200 { try Files.write(Sample.random(50_000, seed: UInt64(index)), to: "\(source)/\(index)") }
        try box.succeed("backup", "-q", Argument(source))
        let restoring = try box.startVarve("restore", "latest:\(source)", "--target", "\(box.path("out"))")
        let storing = try box.startVarve("backup", "-q", "--force", "\(source)")
        #expect(try restoring.wait().code == 0)
        #expect(try storing.wait().code == 0)
        try TreeListing.expectSame(source, box.path("out"))
        try box.checkAll()
    }

    @Test func onlyOneMakesTheRepository() throws {
        let box = try Sandbox(isInitialized: false)
        let running = try (0...2).map { _ in try box.startVarve("init") }
        let codes = try running.map { try $0.wait().code }
        #expect(codes.filter { $0 == 0 }.count == 1, "\(codes)")
        try box.succeed("backup", "-q", "--stream", "a=echo a")
        #expect(try box.dump("latest:a") == Array("a\n".utf8))
    }
}
