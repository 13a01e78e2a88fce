import Glibc
import Testing

/// `find`, `diff` and `stats`.
@Suite struct LookTests {
    /// Two nights: a stream that changed, a file each that changed, came and went, one with other permissions.
    private func twoNights() throws -> (box: Sandbox, source: String) {
        let box = try Sandbox()
        let source = try box.makeSmallTree()
        try Files.write(Sample.random(300_000, seed: 1), to: "\(source)/old.bin")
        try Files.write("v1", to: "\(source)/app.conf")
        try box.succeed(
            "backup", "-q", "--host", "alpha", "--stdin", "db/app.sql", Argument(source),
            input: .bytes(Sample.lines(20_000)))
        try box.shell("cd source; rm old.bin; echo version 2 > app.conf; chmod 700 script; rm link; mkdir link")
        try Files.write(Sample.random(200_000, seed: 2), to: "\(source)/notes/new.bin")
        try box.succeed(
            "backup", "-q", "--host", "beta", "--tag", "second", "--stdin", "db/app.sql", Argument(source),
            input: .bytes(Sample.lines(20_100)))
        return (box, source)
    }

    @Test func findLooksInAllSnapshots() throws {
        let (box, source) = try twoNights()
        let ids = try box.snapshots().compactMap { $0.text("id") }
        let found = try box.succeed("find", "*.bin", "*.conf").lines
        #expect(found.count == 7, "\(found)")
        #expect(found[0].hasPrefix("snapshot \(ids[1].prefix(8)) of ") && found[0].hasSuffix("host beta:"))
        #expect(found[1...2] == ["\(source)/app.conf", "\(source)/notes/new.bin"])
        #expect(found[3].hasPrefix("snapshot \(ids[0].prefix(8)) of "))
        #expect(found[4...5] == ["\(source)/app.conf", "\(source)/old.bin"])
        #expect(found[6] == "4 found in 2 of 2 snapshots")

        /// The paths that are found in the second snapshot.
        func second(_ arguments: Argument...) throws -> [String] {
            let outcome = try box.succeed(arguments: ["find", "--snapshot", "latest", "--json"] + arguments)
            let matches = try outcome.objects().filter { $0.type == "match" }
            #expect(matches.allSatisfy { $0.text("snapshot_id") == ids[1] })
            #expect(try outcome.object("summary").number("matches") == matches.count)
            return matches.compactMap { $0.text("path") }
        }
        #expect(try second("app.SQL") == [])
        #expect(try second("--ignore-case", "APP.sql") == ["/db/app.sql"])
        #expect(try second("/db") == ["/db", "/db/app.sql"])
        #expect(try second("--type", "f", "/db", "link") == ["/db/app.sql"])
        #expect(try second("--type", "d", "link") == ["\(source)/link"])
        #expect(try second("--type", "l", "link") == [])
        #expect(try second("--older", "2001-02-04", "notes") == ["\(source)/notes/today.txt"])
        #expect(try second("--newer", "2001-02-03 04:05:07", "--type", "f", "notes") == ["\(source)/notes/new.bin"])
        #expect(try second("--newer", "1h", "*.txt") == [])
        #expect(try box.succeed("find", "--host", "alpha", "link", "--quiet").lines.dropFirst() == ["\(source)/link"])
        #expect(try box.succeed("find", "nothing-is-called-so").lines == ["0 found in 0 of 2 snapshots"])
        let long = try box.succeed("find", "--long", "--tag", "second", "/**/script").lines
        #expect(long.contains { $0.hasPrefix("-rwx------") && $0.hasSuffix("\(source)/script") })
    }

    @Test func diffShowsWhatChanged() throws {
        let (box, source) = try twoNights()
        let lines = try box.succeed("diff", "latest~1", "latest").lines
        #expect(lines[0].hasPrefix("from snapshot ") && lines[0].hasSuffix("host alpha"))
        #expect(lines[1].hasPrefix("  to snapshot ") && lines[1].hasSuffix("host beta"))
        let changes = lines.dropFirst(2).dropLast(3)
        #expect(
            Array(changes) == [
                "M  /db/app.sql", "M  \(source)/app.conf", "T  \(source)/link/", "+  \(source)/notes/new.bin",
                "-  \(source)/old.bin",
            ])
        let metadata = try box.succeed("diff", "--metadata", "latest~1", "latest", Argument(source)).lines
        #expect(metadata.contains("U  \(source)/script") && metadata.contains("U  \(source)/"))
        #expect(!metadata.contains { $0.contains("app.sql") })

        let summary = try box.succeed("diff", "latest~1", "latest", "--json").object("summary")
        let added = try #require(summary.object("added"))
        let removed = try #require(summary.object("removed"))
        #expect((summary.number("changed_files"), summary.number("changed_types")) == (2, 1))
        #expect((added.number("files"), removed.number("files")) == (1, 1))
        #expect(added.number("bytes") == 200_000 + Sample.lines(20_100).count + "version 2\n".utf8.count)
        #expect(removed.number("bytes") == 300_000 + Sample.lines(20_000).count + "v1".utf8.count)
        // Of the stream only its end is new.
        let chunkBytes = try #require(added.number("chunk_bytes"))
        #expect((200_000..<700_000).contains(chunkBytes), "\(chunkBytes)")

        let same = try box.succeed("diff", "--quiet", "latest", "latest")
        #expect(same.lines == [])
        #expect(
            try box.succeed("diff", "-q", "latest~1", "latest", Argument("\(source)/old.bin")).lines
                == ["-  \(source)/old.bin"])
        #expect(
            try box.succeed("diff", "-q", Argument("latest~1:\(source)/notes"), Argument("latest:\(source)/notes"))
                .lines
                == ["+  \(source)/notes/new.bin"])
        #expect(try box.succeed("diff", "-q", "latest~1:db/app.sql", "latest:db/app.sql").lines == ["M  /db/app.sql"])
    }

    @Test func statsAddUp() throws {
        let (box, _) = try twoNights()
        let snapshots = try box.snapshots()
        let sizes = snapshots.compactMap { $0.object("summary")?.number("bytes") }
        let restore = try box.succeed("stats", "--json").object("summary")
        #expect(restore.text("mode") == "restore-size")
        #expect(restore.number("bytes") == sizes.reduce(0, +))
        #expect(try box.succeed("stats", "--json", "latest").object("summary").number("bytes") == sizes[1])

        let dedup = try box.succeed("stats", "--mode", "dedup", "--by", "snapshot", "--json")
        let groups = try dedup.objects().filter { $0.type == "group" }
        #expect(groups.compactMap { $0.text("snapshot_id") } == snapshots.compactMap { $0.text("id") })
        #expect(groups.compactMap { $0.number("bytes") } == sizes)
        let unique = groups.compactMap { $0.number("unique_bytes") }
        #expect(unique[0] >= 300_000 && unique[1] >= 200_000)
        let chunkBytes = try #require(dedup.object("summary").number("chunk_bytes"))
        #expect(unique.reduce(0, +) < chunkBytes && chunkBytes < sizes.reduce(0, +))
        let chunks = try box.succeed("list", "chunks", "--json").objects().filter { $0.text("class") == "data" }
        #expect(chunks.compactMap { $0.number("length") }.reduce(0, +) == chunkBytes)

        let raw = try box.succeed("stats", "--mode", "raw", "--json").object("summary")
        #expect(raw.number("packs") == box.packs.count)
        #expect(raw.number("pack_bytes") == box.packs.map(\.size).reduce(0, +))
        let stored = try #require(raw.number("bytes_stored"))
        #expect(stored > 500_000 && stored < box.packs.map(\.size).reduce(0, +))
        // Its own anchor lies in the repository while it counts.
        let whole = Files.below(box.repository).map(\.size).reduce(0, +)
        let counted = try #require(raw.number("repository_bytes"))
        #expect((whole...whole + 65_536).contains(counted))

        let hosts = try box.succeed("stats", "--mode", "raw", "--by", "host").lines
        #expect(hosts[0].split(separator: " ").prefix(4) == ["Host", "Snapshots", "Files", "Size"])
        #expect(hosts[1].hasPrefix("alpha ") && hosts[2].hasPrefix("beta "))
        #expect(hosts.contains { $0.hasPrefix("repository ") })
        #expect(try box.succeed("stats", "--by", "snapshot").lines.count == 6)
    }

    @Test func whatMakesNoSenseIsExplained() throws {
        let (box, _) = try twoNights()
        let cases: [(code: Int32, arguments: [Argument], part: String)] = [
            (2, ["find"], "PATTERN is missing"), (2, ["find", "[a"], "a [ is not closed"),
            (2, ["find", ""], "PATTERN"),
            (2, ["find", "a", "--newer", "yesterday"], "--newer: \"yesterday\""),
            (2, ["find", "a", "--type", "x"], "--type"),
            (1, ["find", "a", "--snapshot", "ffffffff"], "no snapshot ffffffff"),
            (1, ["find", "a", "--host", "gamma"], "no snapshot matches"), (2, ["diff", "latest"], "B"),
            (1, ["diff", "latest~7", "latest"], "only 2 snapshots match"),
            (2, ["diff", "x", "latest"], "\"x\" is no snapshot"),
            (1, ["diff", "latest", "latest", "/nowhere"], "neither snapshot has /nowhere"),
            (1, ["diff", "latest:/nowhere", "latest"], "the snapshot has no /nowhere"),
            (2, ["stats", "--mode", "size"], "--mode"), (2, ["stats", "--by", "moon"], "--by"),
            (1, ["stats", "ffffffff"], "no snapshot ffffffff"), (1, ["stats", "--tag", "typo"], "no snapshot matches"),
        ]
        for (code, arguments, part) in cases {
            let outcome = try box.run(arguments: arguments)
            #expect(outcome.code == code, "\(outcome.name): \(outcome.errors)")
            #expect(
                outcome.errorLines.count == 1 && outcome.errors.contains(part), "\(outcome.name): \(outcome.errors)")
            #expect(outcome.text.isEmpty)
        }
    }

    @Test func anEmptyRepositoryHoldsNothing() throws {
        let box = try Sandbox(isEncrypted: false)
        #expect(try box.succeed("find", "**").lines == ["0 found in 0 of 0 snapshots"])
        #expect(try box.succeed("stats", "--mode", "raw", "--json").object("summary").number("chunks") == 0)
        try box.fail(1, "diff", "latest~1", "latest")
    }
}
