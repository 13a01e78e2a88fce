import Testing

/// Snapshots that go: by name, and by policy.
@Suite struct ForgetTests {
    private let box: Sandbox

    init() throws { box = try Sandbox(isEncrypted: false) }

    /// Backs up one stream; gives the name of the snapshot.
    private func backUp(_ stream: String, _ options: Argument...) throws -> String {
        let outcome = try box.succeed(
            arguments: ["backup", "--json", "--stream", Argument("\(stream)=echo \(stream)")] + options)
        return try #require(try outcome.object("summary").text("snapshot_id"))
    }

    private func ids() throws -> [String] { try box.snapshots().compactMap { $0.text("id") } }

    @Test func aPolicyGoesOverEachGroup() throws {
        let dated = try (18...20).map { try backUp("pg-2026-11-\($0).sql", "--tag", "nightly") }
        let other = try [backUp("redis.rdb"), backUp("redis.rdb")]
        let policy: [Argument] = ["forget", "--keep-last", "1", "--keep-daily", "1"]

        let shown = try box.succeed(arguments: policy + ["--dry-run"])
        let kept = try #require(shown.lines.first { $0.contains(dated[2].prefix(8)) })
        #expect(kept.hasPrefix("keep") && kept.contains("last snapshot 1, daily snapshot 1"))
        let removed = try #require(shown.lines.first { $0.contains(dated[0].prefix(8)) })
        #expect(removed.hasPrefix("remove"))
        #expect(shown.text.contains("streams pg-*.sql:"))
        #expect(shown.text.contains("would remove 3 snapshots; nothing was removed"))
        #expect(try ids() == dated + other)

        let dryRun = try box.succeed(arguments: policy + ["--json", "-n"])
        let groups = try dryRun.objects().filter { $0.type == "forget_group" }
        #expect(groups.map { $0.texts("streams") } == [["pg-*.sql"], ["redis.rdb"]])
        #expect(groups.map { $0.object("keep") == nil && $0.texts("tags") == nil } == [true, true])
        #expect(dryRun.text.contains("\"reasons\":[\"last snapshot 1\",\"daily snapshot 1\"]"))
        #expect(try dryRun.object("summary").isTrue("dry_run"))
        #expect(try dryRun.object("summary").number("removed") == 0)
        #expect(try ids() == dated + other)

        let done = try box.succeed(arguments: policy + ["--json"]).object("summary")
        #expect(done.number("removed") == 3 && done.number("keep") == 2 && done.number("groups") == 2)
        #expect(try ids() == [dated[2], other[1]])
        // What is left stays with every further run.
        #expect(try box.succeed(arguments: policy).text.contains("removed 0 snapshots"))
        #expect(try ids() == [dated[2], other[1]])
        #expect(try box.dump("\(other[1]):redis.rdb") == Array("redis.rdb\n".utf8))
        try box.checkAll()
    }

    @Test func filtersAndGroupsSayWhatAPolicyIsAbout() throws {
        let first = try backUp("a", "--host", "one", "--tag", "x")
        let second = try backUp("a", "--host", "two", "--tag", "x")
        let third = try backUp("b", "--host", "two", "--tag", "y")
        let quiet = try box.succeed("forget", "--keep-last", "1", "-q")
        #expect(quiet.text.isEmpty)
        #expect(try ids() == [first, second, third])
        let none = try box.succeed("forget", "--keep-last", "1", "--host", "three")
        #expect(none.errors.contains("no snapshot is one that"))
        try box.succeed("forget", "--keep-last", "1", "--group-by", "", "--host", "one")
        #expect(try ids() == [first, second, third])
        try box.succeed("forget", "-l", "1", "--group-by", "host")
        #expect(try ids() == [first, third])
        try box.succeed("forget", "--keep-within", "1h", "--group-by", "")
        #expect(try ids() == [first, third])
        try box.succeed("forget", "--keep-tag", "y", "--keep-tag", "x,y", "--group-by", "")
        #expect(try ids() == [third])
    }

    @Test func namedSnapshotsGoTheLastOneToo() throws {
        let first = try backUp("a")
        let second = try backUp("a")
        let dryRun = try box.succeed("forget", "-n", Argument(String(first.prefix(8))))
        #expect(dryRun.text.contains(first.prefix(8)) && !dryRun.text.contains(second.prefix(8)))
        #expect(try box.succeed("forget", Argument(String(first.prefix(8))), "latest").text.contains("removed 2"))
        #expect(try ids() == [])
        // The records that say so stay.
        #expect(try box.succeed("list", "index").lines.count >= 1)
        try box.checkAll()
        // With nothing there, nothing can be misspelt or emptied.
        try box.succeed("forget", "--keep-tag", "x")
    }

    @Test func whatMightLoseTooMuchIsRefused() throws {
        let first = try backUp("a", "--tag", "keep")
        let second = try backUp("b")
        let cases: [(arguments: [Argument], part: String)] = [
            ([], "nothing says what to keep"), (["--keep-last", "0"], "keeps nothing"),
            (["--keep-daily", "0", "--keep-within", "0d", "--allow-empty-group"], "keeps nothing"),
            (["--keep-tag", "kep"], "\"kep\""), (["--keep-last", "1", "--tag", "kep"], "there are: keep"),
            (["--keep-tag", "keep"], "--allow-empty-group"), ([Argument(first), "--keep-last", "1"], "named"),
            ([Argument(first), "--host", "nobody"], "--host"), (["--keep-last", "-2"], "--keep-last"),
            (["--keep-daily", "many"], "--keep-daily"), (["--keep-within", "5"], "--keep-within"),
            (["--keep-within-daily", "1s"], "1y6m"), (["--keep-last", "1", "--group-by", "user"], "--group-by"),
            (["--tag", "--dry-run"], "--dry-run is an option"),
        ]
        for (arguments, part) in cases {
            let outcome = try box.run(arguments: ["forget"] + arguments)
            #expect(outcome.code == 2, "\(outcome.name): \(outcome.errors)")
            #expect(outcome.errorLines.count == 1)
            #expect(outcome.errors.contains(part), "\(outcome.name): \(outcome.errors)")
        }
        try box.fail(1, "forget", "ffffffff")
        #expect(try ids() == [first, second])
        try box.succeed("forget", "--keep-tag", "keep", "--allow-empty-group")
        #expect(try ids() == [first])
    }

    /// Between two snapshots it is midnight somewhere: there they are of two days, and of one twelve hours further on.
    @Test func daysAreThoseOfTheLocalTimeZone() throws {
        /// Seconds of the day in UTC.
        func second(of snapshot: JSONObject) throws -> Int {
            let time = try #require(snapshot.text("time"))
            let parts = time.dropFirst(11).prefix(8).split(separator: ":").compactMap { Int($0) }
            return parts[0] * 3600 + parts[1] * 60 + parts[2]
        }
        _ = try backUp("a")
        let start = try second(of: #require(try box.snapshots().first))
        var end = start
        while end == start {
            _ = try backUp("a")
            end = try second(of: #require(try box.snapshots().last))
        }
        func days(shiftedBy hours: Int) throws -> Int {
            let offset = (86_400 - end + hours * 3600) % 86_400
            let zone = "LOC-\(offset / 3600):\(offset / 60 % 60):\(offset % 60)"
            let shown = try box.succeed("forget", "-n", "--keep-daily", "9", environment: ["TZ": zone]).text
            return (1...3).filter { shown.contains("daily snapshot \($0)") }.count
        }
        #expect(try days(shiftedBy: 0) == 2)
        #expect(try days(shiftedBy: 12) == 1)
    }
}
