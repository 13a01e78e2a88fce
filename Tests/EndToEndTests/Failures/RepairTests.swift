import Glibc
import Testing

/// From damage to a repository that is whole again, or says what it has lost.
@Suite struct RepairTests {
    /// Several segments of one pack.
    private static let content = Sample.random(3 << 20, seed: 41)

    private func sandbox(isEncrypted: Bool = false) throws -> (box: Sandbox, source: String) {
        let box = try Sandbox(isEncrypted: isEncrypted)
        let source = try box.makeSmallTree()
        try backUp(box, source)
        return (box, source)
    }

    private func backUp(_ box: Sandbox, _ source: String) throws {
        try box.succeed("backup", "-q", "--stdin", "a", Argument(source), input: .bytes(RepairTests.content))
    }

    /// Changes a bit in the middle of the largest pack; gives its name.
    private func damagePack(_ box: Sandbox) throws -> String {
        let pack = try #require(box.packs.max { $0.size < $1.size })
        try flip(pack.path)
        return String(pack.path.suffix(64))
    }

    private func flip(_ path: String) throws {
        var content = try Files.read(path)
        content[content.count / 2] ^= 0x10
        chmod(path, 0o600)
        try Files.write(content, to: path)
    }

    @Test(arguments: [true, false]) func whatTheNextBackupStillHasIsNotLost(isEncrypted: Bool) throws {
        let (box, source) = try sandbox(isEncrypted: isEncrypted)
        let pack = try damagePack(box)
        let silent = try box.fail(13, "check", "--read-data", "--no-record")
        #expect(silent.text.contains("--no-record"))
        #expect(try box.run(arguments: ["check"]).code == 0)
        let check = try box.fail(13, "check", "--read-data")
        #expect(check.errors.contains(pack) && check.text.contains("written down"))
        #expect(try box.fail(13, "check").errors.contains("/a: bytes"))
        try backUp(box, source)
        try box.succeed("check", "--read-data")
        let repaired = try box.succeed("repair", "packs", "--json")
        #expect(try repaired.object("salvaged_pack").number("bytes_lost") == 0)
        #expect(try box.dump("latest~1:a") == RepairTests.content)
        try box.checkAll()
    }

    @Test func whatIsLostIsSaidAndTheRestIsKept() throws {
        let (box, source) = try sandbox()
        _ = try damagePack(box)
        try box.fail(13, "check", "--read-data")
        let planned = try box.fail(13, "repair", "packs", "--dry-run")
        #expect(planned.text.contains("would save") && planned.errors.contains("lost"))
        let packs = try box.run(arguments: ["repair", "packs", "--json"])
        #expect(packs.code == 13)
        let salvaged = try packs.object("salvaged_pack")
        let lost = try #require(salvaged.number("bytes_lost"))
        #expect(lost > 0 && lost < RepairTests.content.count && (salvaged.number("bytes_saved") ?? 0) > 0)

        let before = try box.snapshots()
        let dry = try box.run(arguments: ["repair", "snapshots", "--dry-run", "--json"])
        #expect(dry.code == 13)
        let loss = try dry.object("lost")
        let start = try #require(loss.number("start"))
        let end = try #require(loss.number("end"))
        #expect(loss.text("path") == "/a" && end - start == lost)
        #expect(try box.snapshots().map { $0.text("id") } == before.map { $0.text("id") })
        let repaired = try box.fail(13, "repair", "snapshots")
        #expect(repaired.errors.contains("/a: bytes \(start) to \(end) are lost"))
        #expect(try box.snapshots().count == 1)
        try box.checkAll()
        try box.succeed("repair", "snapshots", "--quiet")

        var expected = RepairTests.content
        for position in start..<end { expected[position] = 0 }
        let refused = try box.fail(13, "dump", "latest:a")
        #expect(refused.output.isEmpty && refused.errors.contains("--allow-lost"))
        let allowed = try box.succeed("dump", "latest:a", "--allow-lost")
        #expect(allowed.output == expected && allowed.errors.contains("are lost"))
        let restored = try box.fail(13, "restore", "latest", "--target", Argument(box.path("out")))
        #expect(restored.errors.contains("/a: bytes \(start) to \(end) are lost"))
        #expect(try Files.read(box.path("out/a")) == expected)
        #expect(try Files.text(box.path("out") + source + "/notes/today.txt") == "remember the milk\n")

        // The next backup has it all again.
        try backUp(box, source)
        #expect(try box.dump("latest:a") == RepairTests.content)
        try box.checkAll()
    }

    /// The reader that knows the specification only.
    @Test(.enabled(if: RecoverTool.isUsable, "\(RecoverTool.path) does not run"))
    func repairedRepositoriesCanBeRecovered() throws {
        let (box, source) = try sandbox()
        _ = try damagePack(box)
        try box.fail(13, "check", "--read-data")
        try box.fail(13, "repair", "packs")
        try box.fail(13, "repair", "snapshots")
        let ours = try box.succeed("dump", "latest:a", "--allow-lost").output
        func recover(_ arguments: Argument...) throws -> Outcome {
            try box.start([Argument(RecoverTool.path), Argument(box.repository)] + arguments).wait()
        }
        let theirs = try recover("dump", "latest:a")
        #expect(theirs.code == 13 && theirs.output == ours && theirs.errors.contains("lost"))
        let restored = try recover("restore", "latest", Argument(box.path("theirs")))
        #expect(restored.code == 13 && restored.errors.contains("lost"))
        try TreeListing.expectSame(source, box.path("theirs") + source)
    }

    @Test func theIndexIsBuiltFromThePacks() throws {
        let (box, _) = try sandbox()
        let objects = Files.below("\(box.repository)/index")
        for object in objects { try flip(object.path) }
        try box.fail(13, "check")
        #expect(try box.fail(13, "repair", "packs").errors.contains("repair index"))
        try box.succeed("repair", "index", "--dry-run")
        try box.succeed("repair", "index")
        for object in objects {
            #expect(Files.exists(object.path + ".damaged") && !Files.exists(object.path))
        }
        try box.checkAll()
        #expect(try box.dump("latest:a") == RepairTests.content)
        #expect(try box.succeed("repair", "index").text.contains("the index says what"))

        // Without any it is the same.
        for object in Files.below("\(box.repository)/index") { unlink(object.path) }
        try box.succeed("repair", "index", "-q")
        try box.checkAll()
    }

    @Test func aSnapshotThatCannotBeReadGoesOnlyWhenAskedFor() throws {
        let (box, source) = try sandbox()
        let object = try #require(Files.below("\(box.repository)/snapshots").first)
        try backUp(box, source)
        try flip(object.path)
        try box.fail(13, "repair", "snapshots")
        #expect(Files.exists(object.path))
        try box.fail(13, "repair", "snapshots", "--forget-unreadable")
        #expect(Files.exists(object.path + ".damaged"))
        try box.checkAll()
        #expect(try box.dump("latest:a") == RepairTests.content)
    }

    @Test func aSnapshotThatTheStorageRolledBackIsMissed() throws {
        let (box, source) = try sandbox()
        let first = try #require(Files.below("\(box.repository)/snapshots").first)
        try backUp(box, source)
        let second = try #require(Files.below("\(box.repository)/snapshots").first { $0.path != first.path })
        try box.checkAll()
        unlink(second.path)
        let name = second.path.suffix(64)
        #expect(try box.fail(13, "check").errors.contains(name))
        #expect(try box.fail(13, "repair", "snapshots").errors.contains(name))
        try box.fail(13, "repair", "snapshots", "--forget-unreadable")
        try box.checkAll()
    }

    @Test func keylessNeedsNoPassword() throws {
        let (box, _) = try sandbox(isEncrypted: true)
        let nothing = ["VARVE_PASSWORD": "", "VARVE_PASSWORD_FILE": "/nowhere"]
        let clean = try box.succeed("check", "--keyless", environment: nothing)
        #expect(clean.text.contains("no problems"))
        let pack = try damagePack(box)
        let damaged = try box.run(arguments: ["check", "--keyless", "--json"], environment: nothing)
        #expect(damaged.code == 13)
        #expect(try damaged.object("problem").text("object") == "data/\(pack)")
    }

    @Test func partsAndSharesOfTheData() throws {
        let (box, _) = try sandbox()
        let total = box.packs.map(\.size).reduce(0, +)
        func read(_ part: Argument) throws -> JSONObject {
            try box.succeed("check", "--read-data-subset", part, "--json").object("summary")
        }
        let parts = try ["1/3", "2/3", "3/3"].map { try read($0) }
        #expect(parts.reduce(0) { $0 + ($1.number("bytes_read") ?? 0) } == total)
        #expect(parts.last?.number("bytes_never_verified") == 0 && parts.last?.text("oldest_verification") != nil)
        #expect(try read("100%").number("bytes_read") == total)
        #expect(try (read("1").number("bytes_read") ?? 0) < total)
        for wrong: Argument in ["0/3", "4/3", "x", "0%", "101%", "0", "1/2/3"] {
            try box.fail(2, "check", "--read-data-subset", wrong)
        }
        try box.fail(2, "check", "--read-data-subset", "1/2", "--read-data")
        try box.fail(2, "check", "--read-data-subset", "5%", "--keyless")
        try box.succeed("check", "--read-data-subset", "1/2", "--keyless")
    }

    /// What no snapshot needs is counted, and named when that is asked for.
    @Test func unreferencedPacksAreListed() throws {
        let (box, _) = try sandbox()
        let snapshot = try #require(Files.below("\(box.repository)/snapshots").first)
        unlink(snapshot.path)
        let outcome = try box.run(arguments: ["check", "--no-cache", "--json"])
        #expect(outcome.code == 0)
        let packs = try outcome.objects().filter { $0.type == "pack" }
        #expect(packs.count == box.packs.count && packs.allSatisfy { $0.text("state") == "unreferenced" })
        #expect(try box.succeed("check", "--no-cache").text.contains("that no snapshot needs"))
    }
}
