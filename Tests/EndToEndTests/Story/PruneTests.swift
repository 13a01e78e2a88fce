import Testing

/// Space comes back, and all that is left stays whole.
@Suite struct PruneTests {
    /// Three dumps, each with something of its own; the last is removed by hand, as if it had never been.
    private func make() throws -> (box: Sandbox, contents: [[UInt8]], removed: String) {
        let box = try Sandbox("--pack-size", "1M")
        let common = Sample.lines(40_000)
        let contents = (1...3).map { Sample.random(2 << 20, seed: $0) + common }
        for (index, content) in contents.enumerated() {
            try box.succeed("backup", "-q", "--stdin", "dump\(index)", input: .bytes(content))
        }
        let removed = try #require(try box.snapshots().last?.text("id"))
        try box.shell("rm repository/snapshots/\(removed)")
        return (box, contents, removed)
    }

    @Test func whatNothingNeedsGoes() throws {
        let (box, contents, removed) = try make()
        let before = box.packs
        // This machine knows that the snapshot was there, and nobody said that it should go.
        let refused = try box.fail(13, "prune")
        #expect(refused.errors.contains(removed) && refused.errors.contains("nothing is deleted"))
        #expect(box.packs.map(\.path).sorted() == before.map(\.path).sorted())
        try box.shell("rm -r cache")

        let plan = try box.succeed("prune", "--dry-run", "--json", "--max-unused", "0")
        let planned = try plan.object("summary")
        #expect(planned.isTrue("dry_run") && planned.number("packs_deleted") == 0)
        let packs = try plan.objects().filter { $0.type == "pack" }
        #expect(packs.count(where: { $0.text("action") == "delete" }) == planned.number("packs_unused"))
        #expect(packs.count(where: { $0.text("action") == "repack" }) == planned.number("packs_to_repack"))
        #expect(try #require(planned.number("bytes_to_free")) > 1 << 20)
        #expect(try box.succeed("prune", "--dry-run", "-v").text.contains("would free about"))
        #expect(box.packs.count == before.count)

        let done = try box.succeed("prune", "--json", "--max-unused", "0").object("summary")
        #expect(done.number("packs_deleted") == packs.count)
        #expect(done.number("bytes_unused_left") == 0)
        let after = box.packs.map(\.size).reduce(0, +)
        let deleted = try #require(done.number("bytes_deleted"))
        let written = try #require(done.number("bytes_written"))
        #expect(before.map(\.size).reduce(0, +) - after == deleted - written)
        #expect(after < before.map(\.size).reduce(0, +) - (1 << 20))

        for index in 0...1 { #expect(try box.dump("latest~\(1 - index):dump\(index)") == contents[index]) }
        try box.checkAll()
        try box.succeed("restore", "latest", "--target", Argument(box.path("restored")), "-q")
        #expect(try Files.read(box.path("restored/dump1")) == contents[1])
        #expect(try box.succeed("prune", "--max-unused", "0").text.contains("deleted 0 packs"))
        #expect(box.isIdle)

        // What went comes again, and the cache of before is no hindrance.
        try box.succeed("backup", "-q", "--stdin", "dump2", input: .bytes(contents[2]))
        #expect(try box.dump("latest:dump2") == contents[2])
        try box.checkAll()
    }

    @Test func forgetPrunesWhereItIsAskedTo() throws {
        let box = try Sandbox("--pack-size", "1M")
        let contents = (1...2).map { Sample.random(2 << 20, seed: $0) }
        for content in contents { try box.succeed("backup", "-q", "--stdin", "dump", input: .bytes(content)) }
        let planned = try box.succeed("forget", "--keep-last", "1", "--prune", "--dry-run", "--json").objects()
        // The prune is planned as if those snapshots were gone.
        #expect(Set(planned.map(\.type)) == ["forget_group", "summary", "pack"])
        #expect(try #require(planned.last?.number("bytes_to_free")) > 2 << 20)
        #expect(try box.snapshots().count == 2)
        let done = try box.succeed("forget", "--keep-last", "1", "--prune", "--json").objects()
        #expect(done.map(\.type) == ["forget_group", "summary", "summary"])
        #expect(try #require(done.last?.number("bytes_deleted")) > 2 << 20)
        #expect(try box.dump("latest:dump") == contents[1])
        try box.checkAll()
    }

    /// A backup that is at work is waited for; the next prune goes on where this one stopped.
    @Test func aPruneMayGiveUpWaiting() throws {
        let (box, contents, _) = try make()
        try box.shell("rm -r cache; mkfifo gate")
        let running = try box.startVarve(
            "backup", "-q", "--stream", "slow=read line < \(box.path("gate")); echo done")
        _ = Waiting.until(seconds: 60) { !box.isIdle || running.poll() }
        let packs = box.packs.count
        let busy = try box.fail(11, "prune", "--max-wait", "0s")
        #expect(busy.errors.contains("--max-wait"))
        #expect(box.packs.count == packs)
        try box.shell("echo > gate")
        #expect(try running.wait().code == 0)
        let done = try box.succeed("prune", "--json").object("summary")
        #expect(try #require(done.number("packs_left_by_others")) > 0)
        #expect(try #require(done.number("packs_deleted")) > 0)
        #expect(try box.dump("latest:slow") == Array("done\n".utf8))
        #expect(try box.dump("latest~1:dump1") == contents[1])
        try box.checkAll()
    }

    @Test func wrongUsageIsRefused() throws {
        let box = try Sandbox()
        for arguments: [Argument] in [
            ["--max-unused", "many"], ["--max-unused", "120%"], ["--max-unused", "-1%"], ["--max-wait", "soon"],
            ["--max-repack-size", "x"],
        ] {
            try box.run(arguments: ["prune"] + arguments).expect(2, sourceLocation: #_sourceLocation)
        }
        try box.succeed("prune", "--max-unused", "unlimited", "--max-repack-size", "1M", "--max-wait", "1h30m")
        #expect(try box.succeed("prune", "--help").text.contains("--max-unused"))
    }
}
