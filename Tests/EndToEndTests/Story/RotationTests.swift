import Testing

/// `key rotate` with the real program.
@Suite struct RotationTests {
    @Test func oldAndNewAreReadAfterARotation() throws {
        let box = try Sandbox()
        let first = Sample.lines(30_000)
        let second = first + Sample.random(1 << 20, seed: 3)
        try box.succeed("backup", "-q", "--stdin", "db", input: .bytes(first))
        let old = try #require(try box.snapshots().first?.text("id"))

        let rotated = try box.succeed("key", "rotate", "--json").object("key_rotated")
        #expect(rotated.number("epoch") == 2)
        try box.succeed("backup", "-q", "--stdin", "db", input: .bytes(second))

        #expect(try box.dump("\(old):db") == first)
        #expect(try box.dump("latest:db") == second)
        let target = box.path("target")
        try box.succeed("restore", Argument(old), "--target", Argument(target))
        #expect(try Files.read("\(target)/db") == first)
        try box.checkAll()

        let keys = try box.succeed("key", "list", "--json").objects().filter { $0.type == "master_key" }
        #expect(keys.compactMap { $0.number("epoch") } == [1, 2])
        #expect(keys.map { $0.isTrue("newest") } == [false, true])
        let id = try #require(rotated.text("id"))
        #expect(keys.last?.text("id") == id)
        let listing = try box.succeed("key", "list").text
        #expect(listing.contains(id.prefix(8)) && listing.contains("newest"))
    }

    /// A backup that reads from a pipe since before the rotation is whole after it.
    @Test func aBackupThatRunsGoesOn() throws {
        let box = try Sandbox()
        try box.shell(
            """
            mkfifo pipe
            "$VARVE" backup -q --stdin db <pipe & backup=$!
            exec 3>pipe
            head -c 3000000 /dev/zero | tr '\\0' a >&3
            "$VARVE" key rotate -q
            "$VARVE" backup -q --stream other='echo other'
            echo end >&3
            exec 3>&-
            wait $backup
            """)
        let id = try #require(try box.snapshots().first { $0.texts("streams") == ["db"] }?.text("id"))
        #expect(
            try box.dump("\(id):db") == [UInt8](repeating: UInt8(ascii: "a"), count: 3_000_000) + Array("end\n".utf8))
        try box.checkAll()
    }

    /// Whatever the moment at which a rotation is killed: the repository opens, and the next rotation works.
    @Test func aKilledRotationDoesNoHarm() throws {
        let box = try Sandbox()
        try box.succeed("backup", "-q", "--stream", "a=echo kept")
        try box.shell(
            """
            for delay in 0.005 0.05 0.15 0.25 0.3 0.35 0.4 0.5; do
                "$VARVE" key rotate -q & sleep $delay; kill -9 $! 2>/dev/null || true; wait $! 2>/dev/null || true
            done
            """)
        #expect(try box.dump("latest:a") == Array("kept\n".utf8))
        let before = try box.succeed("key", "list", "--json").objects().filter { $0.type == "master_key" }
        try box.succeed("key", "rotate")
        let after = try box.succeed("key", "list", "--json").objects().filter { $0.type == "master_key" }
        #expect(after.count == before.count + 1)
        try box.checkAll()
    }

    @Test func whoMayNotRotateIsTold() throws {
        let plain = try Sandbox(isEncrypted: false)
        let outcome = try plain.fail(2, "key", "rotate")
        #expect(outcome.errors.contains("not encrypted"))
        let box = try Sandbox()
        try box.fail(12, "key", "rotate", environment: ["VARVE_PASSWORD": "wrong"])
        let keys = try box.succeed("key", "list", "--json").objects().filter { $0.type == "master_key" }
        #expect(keys.count == 1)
    }
}
