import Glibc
import SeededData
import Testing

/// Backups that are killed without being told. `tools/crash-loop` does it many times over, beside prunes.
@Suite struct CrashTests {
    @Test(arguments: [UInt64(1), 2]) func whatWasAcknowledgedOutlivesAKill(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let box = try Sandbox("--pack-size", "1M")
        let first = Sample.random(2 << 20, seed: seed)
        try box.succeed("backup", "-q", "--stdin", "a", input: .bytes(first))
        let id = try #require(try box.snapshots().first?.text("id"))
        let before = box.packs.map(\.size).reduce(0, +)

        let data = box.path("data")
        let content = first + Sample.random(12 << 20, seed: seed + 100) + Sample.lines(200_000)
        try Files.write(content, to: data)
        var acknowledged = 1
        for _ in 1...4 {
            // Some packs stand, and it is at work: somewhere between them it dies.
            let goal = box.packs.count + Int.random(in: 0...4, using: &random)
            let delay = useconds_t.random(in: 0..<20_000, using: &random)
            let running = try box.startVarve("backup", "-q", "--stdin", "a", input: data)
            _ = Waiting.until(seconds: 120) { box.packs.count >= goal && !box.isIdle || running.poll() }
            usleep(delay)
            running.send(SIGKILL)
            let outcome = try running.wait()
            #expect(outcome.code == 137 || outcome.code == 0, "\(outcome.errors)")
            if outcome.code == 0 { acknowledged += 1 }

            try box.checkAll()
            #expect(try box.snapshots().count >= acknowledged)
            #expect(try box.dump("\(id):a") == first)
        }
        try box.succeed("backup", "-q", "--stdin", "a", input: .file(data))
        #expect(try box.dump("latest:a") == content)
        try box.checkAll()

        // What stood in finished packs was not stored again: all in all there is little more than the content.
        let stored = box.packs.map(\.size).reduce(0, +)
        #expect(stored - before < content.count - first.count + (4 << 20))
        // Nobody counts as at work any more once a later run has seen that he is gone, and no half-written file is left.
        #expect(Files.below("\(box.repository)/data").allSatisfy { $0.size > 0 })
    }
}

extension Sandbox {
    /// Whether no session shows that it is at work.
    var isIdle: Bool { Files.below("\(repository)/locks").isEmpty }
}
