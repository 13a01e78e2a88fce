import Glibc
import Testing

/// What is told of long work where nobody looks at a terminal.
@Suite struct ProgressTests {
    @Test func aSignalAsksForALine() throws {
        let box = try Sandbox(isEncrypted: false)
        let data = box.path("data")
        try Files.write([UInt8](repeating: 7, count: 16 << 20), to: data)
        let began = ContinuousClock.now
        let running = try box.startVarve(
            "backup", "--stream",
            "s=cat \(data); : > \(box.path("begun")); while ! test -e \(box.path("go")); do sleep 0.05; done; echo end")
        #expect(Waiting.until(seconds: 60) { Files.exists(box.path("begun")) })
        running.send(SIGUSR1)
        #expect(Waiting.until(seconds: 60) { running.errorsSoFar.contains("MiB/s") })
        try Files.write("", to: box.path("go"))
        let outcome = try running.wait()
        #expect(outcome.code == 0)
        // A line a minute comes without being asked for.
        let minutes = Int((ContinuousClock.now - began) / .seconds(60))
        #expect((1...1 + minutes).contains(outcome.errorLines.count))
        #expect(outcome.errorLines.allSatisfy { ($0.contains(" s  ") || $0.contains(" min ")) && $0.contains("new") })
        #expect(!outcome.errors.contains("\r") && !outcome.errors.contains("\u{1b}"))
        #expect(!outcome.text.contains("\r") && !outcome.text.contains("\u{1b}"))
        #expect(try box.snapshots().count == 1)
    }

    @Test func jsonTellsOnStandardOutput() throws {
        let box = try Sandbox(isEncrypted: false)
        let running = try box.startVarve(
            "backup", "--json", "--stream", "s=echo begun; while ! test -e \(box.path("go")); do sleep 0.05; done")
        #expect(Waiting.until(seconds: 60) { (try? Files.text(box.path("runs/2.out")))?.contains("status") == true })
        try Files.write("", to: box.path("go"))
        let outcome = try running.wait()
        #expect(outcome.code == 0)
        let status = try outcome.object("status")
        #expect(status.number("bytes_done") != nil && status.number("seconds_elapsed") != nil)
        #expect(try outcome.objects().last?.type == "summary")
    }

    @Test func quietCommandsSayNothing() throws {
        let box = try Sandbox(isInitialized: false)
        let source = try box.makeSmallTree()
        func quiet(_ arguments: Argument..., environment: [String: String] = [:]) throws {
            let outcome = try box.succeed(arguments: arguments + ["--quiet"], environment: environment)
            #expect(outcome.text.isEmpty && outcome.errors.isEmpty, "\(outcome.name): \(outcome.text)\(outcome.errors)")
        }
        try quiet("init")
        try quiet("backup", Argument(source), "--stream", "a=echo a; echo chatter >&2")
        try quiet("restore", "latest", "--target", Argument(box.path("out")))
        try quiet("check", "--read-data")
        try quiet("key", "add", environment: ["VARVE_NEW_PASSWORD": "new"])
        try quiet("key", "passwd", environment: ["VARVE_PASSWORD": "new", "VARVE_NEW_PASSWORD": "newer"])
        try quiet("cache", "clear")
        try quiet("self-test")
        // What was asked for is no chatter.
        #expect(try box.succeed("dump", "latest:a", "--quiet").text == "a\n")
        #expect(try !box.succeed("ls", "latest", "--quiet").text.isEmpty)
        // Neither is an error.
        try box.fail(1, "backup", "--quiet", "--stream", "a=exit 1")
    }

    @Test func aTerminalGetsALineThatIsTakenAway() throws {
        guard Installation.hasCommand("script") else { return }
        let box = try Sandbox(isEncrypted: false)
        try box.shell(
            """
            TERM=xterm script --quiet --return --command \\
                '"$VARVE" backup --stream "s=seq 100000; sleep 1"' shown < /dev/null > /dev/null
            """)
        let shown = try Files.text(box.path("shown"))
        #expect(shown.contains("\r\u{1b}[K"), "the line is rewritten")
        #expect(shown.contains("saved: 1 stream"))
    }
}
