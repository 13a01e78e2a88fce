import Glibc
import Testing

/// The life of a repository on each kind of server.
@Suite struct FlowTests {
    private static let lineCount = 60_000

    @Test(arguments: RemoteKind.allCases) func aRepositoryLives(kind: RemoteKind) throws {
        let box = try Sandbox(at: kind.place(), "--pack-size", "1M")
        #expect(try box.fail(1, "init").errors.contains("there is a repository"))
        let source = try makeSource(box)
        let first = try box.succeed(
            "backup", "--json", "--stream", "db=cat dump", Argument(source), "--tag", "first",
            in: box.folder
        ).object("summary")
        let traffic = try #require(first.object("traffic"))
        #expect(try #require(traffic.number("bytes_sent")) > 100_000)

        try change(source)
        try box.succeed("backup", "-q", "--stream", "db=cat dump; echo more", Argument(source), in: box.folder)
        try box.checkAll()
        try lookAround(box, source)
        try restore(box, source)
        try changePasswords(box)
        try forgetAndPrune(box)
        try box.succeed("repair", "index", "-q")
        try box.succeed("cache", "clear")
        let content = Sample.lines(FlowTests.lineCount) + Array("more\n".utf8)
        #expect(try box.dump("latest:db") == content)
        try box.checkAll()
        #expect(try box.succeed("list", "locks").lines == [])
        try box.expectDiscretion()
    }

    @Test(arguments: RemoteKind.allCases) func aKilledBackupIsNoLoss(kind: RemoteKind) throws {
        let box = try Sandbox(at: kind.place(), isEncrypted: false, "--pack-size", "1M")
        try box.succeed("backup", "-q", "--stream", "a=echo before")
        try killInTheMiddle(box)
        if kind == .rclone {
            // rclone ends with whoever started it, however that ended.
            let folder = try #require(box.environment["VARVE_REPOSITORY"]).replacing("rclone:", with: "")
            #expect(Waiting.until(seconds: 30) { !RunningProcesses.exist(naming: folder) })
        }
        let content = Sample.random(6 << 20, seed: 5)
        let summary = try box.succeed("backup", "--json", "--stdin", "noise", input: .bytes(content)).object("summary")
        // What the killed backup had put is not stored again.
        #expect(try #require(summary.number("bytes_new")) < content.count - (1 << 20))
        try box.checkAll()
        #expect(try box.dump("latest:noise") == content)
        #expect(try box.dump("latest~1:a") == Array("before\n".utf8))
        // For half an hour nobody can know that it is dead, and not only slow: what is unused stays.
        try box.succeed("forget", "-q", "latest~1")
        let busy = try box.fail(11, "prune", "--max-wait", "0s")
        #expect(busy.errors.contains("--max-wait"))
        try box.checkAll()
    }

    /// Backups from two hosts and a prune at the same time.
    @Test(arguments: RemoteKind.allCases) func severalWork(kind: RemoteKind) throws {
        let box = try Sandbox(at: kind.place(), isEncrypted: false, "--pack-size", "1M")
        let contents = (0..<3).map { Sample.random(3 << 20, seed: 10 + $0) }
        for (number, content) in contents.enumerated() { try Files.write(content, to: box.path("in\(number)")) }
        try box.succeed("backup", "-q", "--host", "gone", "--stdin", "a", input: .file(box.path("in0")))
        try box.succeed("forget", "-q", "latest")
        let backups = try (1...2).map { number in
            try box.startVarve(
                "backup", "-q", "--host", "host\(number)", "--stdin", "a", input: box.path("in\(number)"))
        }
        try box.succeed("prune", "-q", "--max-unused", "0")
        for backup in backups { backup.waitForSuccess() }
        try box.succeed("prune", "-q", "--max-unused", "0")
        try box.checkAll()
        let snapshots = try box.snapshots()
        #expect(snapshots.count == 2)
        for snapshot in snapshots {
            let (id, host) = (try #require(snapshot.text("id")), try #require(snapshot.text("hostname")))
            let number = try #require(Int(host.dropFirst(4)))
            #expect(try box.dump("\(id):a") == contents[number])
        }
    }

    // MARK: Parts

    private func makeSource(_ box: Sandbox) throws -> String {
        let source = box.path("source")
        try Files.makeFolder(source)
        try Files.makeFolder("\(source)/inner", 0o750)
        try Files.write(Sample.lines(FlowTests.lineCount), to: box.path("dump"))
        for number in 0..<40 {
            try Files.write(Sample.random(1000 * number, seed: UInt64(number)), to: "\(source)/inner/file\(number)")
        }
        #expect(symlink("inner/file3", "\(source)/link") == 0)
        return source
    }

    private func change(_ source: String) throws {
        try Files.write("something else", to: "\(source)/inner/file7")
        try Files.write("new", to: "\(source)/new")
        #expect(unlink("\(source)/inner/file8") == 0)
    }

    /// A backup that has put some packs, and waits for more to read, is killed.
    private func killInTheMiddle(_ box: Sandbox) throws {
        try Files.write(Sample.random(6 << 20, seed: 5), to: box.path("noise"))
        try Files.write("", to: box.path("hold"))
        let before = try box.listPacks().count
        let running = try box.startVarve(
            "backup", "-q", "--stream",
            "noise=cat \(box.path("noise")); while [ -e \(box.path("hold")) ]; do sleep 0.1; done")
        let hasPut = Waiting.until(seconds: 120) {
            running.poll() || ((try? box.listPacks().count) ?? 0) > before + 2
        }
        #expect(hasPut)
        running.send(SIGKILL)
        #expect(try running.wait().code == 137)
        #expect(unlink(box.path("hold")) == 0)
        #expect(try box.snapshots().count == 1)
    }

    private func lookAround(_ box: Sandbox, _ source: String) throws {
        let snapshots = try box.snapshots()
        #expect(snapshots.map { $0.texts("streams") } == [["db"], ["db"]])
        try box.succeed("tag", "--add", "second", "latest")
        #expect(try box.snapshots().last?.texts("tags") == ["second"])
        #expect(try box.succeed("ls", "latest:\(source)").text.contains("new"))
        #expect(try box.succeed("find", "file7").text.contains("inner/file7"))
        let changes = try box.succeed("diff", "--json", "latest~1", "latest").objects().filter { $0.type == "change" }
        let lines = Set(changes.map { "\($0.text("modifier") ?? "") \($0.text("path") ?? "")" })
        #expect(lines.isSuperset(of: ["+ \(source)/new", "- \(source)/inner/file8", "M \(source)/inner/file7"]))
        let statistics = try box.succeed("stats", "--mode", "raw", "--json").object("summary")
        #expect(statistics.number("snapshots") == 2 && statistics.number("missing_chunks") == 0)
    }

    private func restore(_ box: Sandbox, _ source: String) throws {
        let target = box.path("restored")
        try box.succeed("restore", Argument("latest:\(source)"), "--target", Argument(target), "-q", "--verify")
        try TreeListing.expectSame(source, target)
        #expect(try box.dump("latest~1:db") == Sample.lines(FlowTests.lineCount))
    }

    private func changePasswords(_ box: Sandbox) throws {
        let other = "other-\(UInt64.random(in: 1 << 60 ... .max))"
        box.secrets.append(other)
        try box.succeed("key", "add", "--label", "other", environment: ["VARVE_NEW_PASSWORD": other])
        #expect(try box.succeed("snapshots", "--json", environment: ["VARVE_PASSWORD": other]).lines.count == 2)
        try box.fail(12, "snapshots", environment: ["VARVE_PASSWORD": "wrong"])
    }

    private func forgetAndPrune(_ box: Sandbox) throws {
        let before = try box.listPacks().count
        let done = try box.succeed(
            "forget", "--keep-last", "1", "--group-by", "", "--prune", "--max-unused", "0", "--json")
        let summaries = try done.objects().filter { $0.type == "summary" }
        #expect(summaries.first?.number("removed") == 1)
        #expect(try #require(summaries.last?.number("packs_deleted")) > 0)
        #expect(summaries.last?.number("packs_retained") == 0)
        #expect(try box.listPacks().count <= before)
        #expect(try box.snapshots().count == 1)
    }
}

extension ChildProcess {
    /// Waits for its end, which must be a good one.
    func waitForSuccess(sourceLocation: SourceLocation = #_sourceLocation) {
        do {
            try wait().expect(0, sourceLocation: sourceLocation)
        } catch {
            Issue.record(error, sourceLocation: sourceLocation)
        }
    }
}
