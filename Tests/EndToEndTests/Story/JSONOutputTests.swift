import Testing

/// With `--json` every line of standard output is an object that says what it is; `cat`, `dump` and `completion` write what
/// they were asked for instead.
@Suite struct JSONOutputTests {
    @Test func everyCommandWritesObjects() throws {
        let box = try Sandbox(isInitialized: false)
        let source = try box.makeSmallTree()
        /// Runs a command; gives the types of what it wrote.
        func types(_ arguments: Argument..., environment: [String: String] = [:]) throws -> Set<String> {
            let outcome = try box.succeed(arguments: arguments + ["--json"], environment: environment)
            #expect(outcome.errors.isEmpty, "\(outcome.name): \(outcome.errors)")
            let types = try outcome.objects().map(\.type)
            #expect(!types.contains(""), "\(outcome.name): an object without a message_type")
            return Set(types)
        }
        #expect(try types("init") == ["initialized"])
        #expect(try types("backup", "--stream", "a=echo a; echo b >&2", Argument(source)) == ["summary"])
        #expect(try types("snapshots") == ["snapshot"])
        #expect(try types("snapshots", "--group-by", "host,tags") == ["snapshot"])
        #expect(try types("ls", "latest") == ["snapshot", "node"])
        #expect(try types("find", "**") == ["match", "summary"])
        #expect(try types("diff", "latest", "latest") == ["summary"])
        #expect(try types("diff", "latest:a", Argument("latest:\(source)/script")) == ["change", "summary"])
        #expect(try types("stats") == ["summary"])
        #expect(try types("stats", "--mode", "raw", "--by", "host") == ["group", "summary"])
        #expect(try types("restore", "latest", "--target", Argument(box.path("out"))) == ["summary"])
        #expect(try types("tag", "--add", "x") == ["tagged", "summary"])
        #expect(try types("forget", "--keep-last", "1") == ["forget_group", "summary"])
        #expect(try types("prune") == ["summary"])
        #expect(try types("check", "--read-data") == ["summary"])
        for what in ["index", "packs", "snapshots"] { #expect(try types("repair", Argument(what)) == ["summary"]) }
        #expect(try types("key", "list") == ["key", "master_key"])
        #expect(try types("key", "rotate") == ["key_rotated"])
        #expect(try types("key", "add", environment: ["VARVE_NEW_PASSWORD": "new"]) == ["key_added"])
        #expect(
            try types("key", "passwd", environment: ["VARVE_PASSWORD": "new", "VARVE_NEW_PASSWORD": "newer"])
                == ["key_changed"])
        let keys = try box.succeed("key", "list", "--json").objects()
        let id = try #require(keys.first { $0.type == "key" && $0.text("label") != "init" }?.text("id"))
        #expect(try types("key", "remove", Argument(id)) == ["key_removed"])
        for what in ["snapshots", "index", "packs", "keys"] { #expect(try types("list", Argument(what)) == ["object"]) }
        #expect(try types("list", "locks") == [])
        #expect(try types("list", "chunks") == ["chunk"])
        #expect(try types("cache", "show") == ["cache"])
        #expect(try types("cache", "clear") == ["cache_cleared"])
        #expect(try types("version") == ["version"])
        #expect(try types("self-test") == ["self_test"])
    }

    @Test func figuresAreTrue() throws {
        let box = try Sandbox(isEncrypted: false)
        let source = box.path("source")
        try Files.makeFolder(source)
        try Files.write("a line\n", to: "\(source)/file")
        let content = Sample.random(1 << 20, seed: 3)
        let backup = try box.succeed("backup", "--json", "--stdin", "a", Argument(source), input: .bytes(content))
            .object("summary")
        let snapshot = try #require(try box.snapshots().first)
        #expect(backup.text("snapshot_id") == snapshot.text("id"))
        #expect(backup.number("bytes_stored") == box.packs.map(\.size).reduce(0, +))
        #expect(backup.number("packs") == box.packs.count)
        #expect(backup.number("errors") == 0)
        let names = try box.succeed("ls", "--json", "latest").objects()
        let sizes = names.filter { ["file", "stream"].contains($0.text("type")) }.compactMap { $0.number("size") }
        #expect(backup.number("bytes") == sizes.reduce(0, +))
        let summary = try #require(snapshot.object("summary"))
        for name in ["files", "folders", "bytes", "bytes_new"] { #expect(summary.number(name) == backup.number(name)) }

        let restore = try box.succeed("restore", "latest", "--json", "--verify", "--target", Argument(box.path("out")))
            .object("summary")
        #expect(restore.number("failures") == 0)
        #expect(restore.number("bytes") == backup.number("bytes"))
        #expect(try Files.read(box.path("out/a")) == content)
        let check = try box.succeed("check", "--read-data", "--json").object("summary")
        #expect(check.isTrue("ok"))
        #expect(check.number("packs") == box.packs.count)
        #expect(check.number("pack_bytes") == box.packs.map(\.size).reduce(0, +))
    }

    @Test func errorsAreObjectsOnStandardError() throws {
        let box = try Sandbox()
        func error(_ code: Int32, _ arguments: Argument..., environment: [String: String] = [:]) throws -> JSONObject {
            let outcome = try box.run(arguments: arguments + ["--json"], environment: environment)
            #expect(outcome.code == code, "\(outcome.name): \(outcome.errors)")
            #expect(outcome.output.isEmpty)
            let objects = try outcome.errorLines.map { try JSONObject($0) }
            let error = try #require(objects.last)
            #expect(error.type == "error")
            #expect(error.number("exit_code") == Int(code))
            #expect(error.text("message")?.isEmpty == false)
            return error
        }
        #expect(try error(2, "snapshots", "--nonsense").text("kind") == "usage")
        #expect(try error(10, "snapshots", "--repo", "/nowhere").text("kind") == "repositoryMissing")
        #expect(try error(12, "snapshots", environment: ["VARVE_PASSWORD": "x"]).text("kind") == "wrongPassword")
        #expect(try error(1, "backup", "/nowhere").text("kind") == "source")
        let failed = try error(1, "backup", "--stream", "a=echo why >&2; exit 3")
        #expect(failed.text("message")?.contains("status 3") == true)
        #expect(failed.text("message")?.contains("why") == true)
        let partial = try box.run(arguments: ["backup", "--json", "/nowhere", "/etc/hostname"])
        #expect(partial.code == 3)
        #expect(try JSONObject(partial.errors).type == "warning")
        #expect(try partial.object("summary").number("errors") == 1)
    }

    /// What comes out of `dump` is the stream, whatever is told beside it, and however long it takes.
    @Test func dumpWritesNothingButTheStream() throws {
        let box = try Sandbox(isEncrypted: false)
        let content = Sample.random(8 << 20, seed: 4)
        try box.succeed("backup", "-q", "--stdin", "a", input: .bytes(content))
        // Progress is told every second; the reader is slower than that, and reads on in between.
        try box.shell(
            """
            "$VARVE" dump --json --verbose latest:a 2> told |
                (for second in 1 2 3; do head -c 1000000; sleep 1; done; cat) > out
            """)
        #expect(try Files.read(box.path("out")) == content)
        for line in try Files.text(box.path("told")).split(separator: "\n") { _ = try JSONObject(String(line)) }
    }
}
