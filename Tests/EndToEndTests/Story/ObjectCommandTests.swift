import Testing

/// The commands that look at what is stored.
@Suite struct ObjectCommandTests {
    @Test func listsShowTrees() throws {
        let box = try Sandbox()
        let source = try box.makeSmallTree()
        try box.succeed("backup", "-q", "--stream", "db/app.sql=echo select", Argument(source))
        let all = try box.succeed("ls", "latest").lines
        for name in ["/db", "/db/app.sql", source, "\(source)/notes/today.txt", "\(source)/link"] {
            #expect(all.contains(name))
        }
        #expect(try box.succeed("ls", "latest:\(source)/notes").lines == ["\(source)/notes/today.txt"])

        let long = try box.succeed("ls", "--long", "latest").lines
        func line(_ end: String) throws -> String { try #require(long.first { $0.hasSuffix(end) }, "no \(end)") }
        #expect(try line("/db/app.sql").hasPrefix("&"))
        #expect(try line("/script").hasPrefix("-rwxr-xr-x"))
        #expect(try line("/notes").hasPrefix("drwxr-x---"))
        #expect(try line("/link -> notes/today.txt").hasPrefix("lrwxrwxrwx"))
        #expect(try line("/notes/today.txt").contains("18 2001-02-03 04:05:06"))

        let nodes = try box.succeed("ls", "--json", "latest").objects()
        #expect(nodes.first?.type == "snapshot")
        let stream = try #require(nodes.first { $0.text("path") == "/db/app.sql" })
        #expect(stream.text("type") == "stream")
        #expect(stream.text("command") == "echo select")
        #expect(stream.number("size") == 7)
        let file = try #require(nodes.first { $0.text("path") == "\(source)/notes/today.txt" })
        #expect(file.text("mtime") == "2001-02-03T04:05:06.123456789Z")
        #expect(file.text("type") == "file")
    }

    @Test func objectsAreNamedAndShown() throws {
        let box = try Sandbox("--label", "first")
        let content = Sample.random(300_000, seed: 5)
        try box.succeed("backup", "-q", "--stdin", "a", input: .bytes(content))
        #expect(try JSONObject(box.succeed("cat", "config").text).text("format") == "varve")
        #expect(try JSONObject(box.succeed("cat", "snapshot", "latest").text).texts("streams") == ["a"])

        let snapshots = try box.succeed("list", "snapshots").lines
        #expect(snapshots == (try box.snapshots().compactMap { $0.text("id") }))
        #expect(try box.succeed("list", "keys").lines.count >= 1)
        #expect(try box.succeed("list", "locks").lines == [])
        let index = try #require(try box.succeed("list", "index").lines.first)
        #expect(try JSONObject(box.succeed("cat", "index", Argument(index)).text).text("type") == "index")
        let packs = try box.succeed("list", "packs", "--json").objects()
        #expect(packs.compactMap { $0.number("size") }.sorted() == box.packs.map(\.size).sorted())
        let pack = try #require(packs.first?.text("id"))
        #expect(try JSONObject(box.succeed("cat", "pack", Argument(String(pack.prefix(12)))).text).text("id") == pack)

        // The chunks of the stream are the stream.
        let chunks = try box.succeed("list", "chunks", "--json").objects().filter { $0.text("class") == "data" }
        #expect(chunks.compactMap { $0.number("length") }.reduce(0, +) == content.count)
        let chunk = try #require(chunks.first?.text("id"))
        let bytes = try box.succeed("cat", "chunk", Argument(chunk)).output
        #expect(bytes.count == chunks.first?.number("length"))
        #expect(content.starts(with: bytes))

        try box.fail(1, "cat", "pack", "ffffffffffffffff")
        try box.fail(2, "cat", "pack")
        try box.fail(2, "cat", "chunk", "12")
        try box.fail(2, "cat", "nonsense")
    }

    @Test func theCacheIsBuiltAgain() throws {
        let box = try Sandbox()
        let first = try box.succeed("backup", "--json", "--stdin", "a", input: .bytes(Sample.lines(50_000)))
        #expect(try #require(box.succeed("cache", "show", "--json").object("cache").number("bytes")) > 0)
        try box.succeed("cache", "clear")
        try box.checkAll()
        let second = try box.succeed("backup", "--json", "--stdin", "a", input: .bytes(Sample.lines(50_000)))
        #expect(try second.object("summary").number("bytes_new") == 0)
        #expect(try second.object("summary").text("parent") == first.object("summary").text("snapshot_id"))

        // Without any cache, and with one that was damaged, all is the same.
        #expect(try box.dump("latest:a", options: ["--no-cache"]) == Sample.lines(50_000))
        for file in Files.below(box.path("cache")) { try Files.write(Sample.random(file.size, seed: 9), to: file.path) }
        #expect(try box.dump("latest:a") == Sample.lines(50_000))
        #expect(
            try box.dump("latest:a", options: ["--cache-dir", Argument(box.path("other"))]) == Sample.lines(50_000))
        #expect(Files.exists(box.path("other")))
        let third = try box.succeed("backup", "--json", "--stdin", "a", input: .bytes(Sample.lines(50_000)))
        #expect(try third.object("summary").number("bytes_new") == 0)
        try box.checkAll()
    }
}
