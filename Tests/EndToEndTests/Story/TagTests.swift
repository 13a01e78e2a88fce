import Testing

/// Tags that are changed afterwards.
@Suite struct TagTests {
    @Test func tagsAreAddedRemovedAndSet() throws {
        let box = try Sandbox(isEncrypted: false)
        for name in ["a", "b"] {
            try box.succeed(
                "backup", "-q", "--stream", "\(name)=echo \(name)", "--tag", "nightly", "--host", Argument(name))
        }
        let before = try box.snapshots()
        let told = try box.succeed("tag", "--add", "release,v1", "--remove", "nightly", "latest", "--json")
        let changed = try told.object("tagged")
        #expect(changed.texts("tags") == ["release", "v1"])
        #expect(changed.text("old_id") == before[1].text("id"))
        #expect(try told.object("summary").number("changed") == 1)

        let after = try box.snapshots()
        #expect(after.map { $0.texts("tags") } == [["nightly"], ["release", "v1"]])
        #expect(after.map { $0.text("time") } == before.map { $0.text("time") })
        #expect(after[1].text("id") == changed.text("id"))
        #expect(after[1].text("original") == before[1].text("id"))
        #expect(after[0].text("id") == before[0].text("id"))
        #expect(try box.dump("latest:b") == Array("b\n".utf8))

        // By a filter; what is tagged so already is left alone.
        #expect(try box.succeed("tag", "--add", "nightly", "--host", "a").text.contains("of 0 snapshots of 1"))
        try box.succeed("tag", "--set", "", "--tag", "release", "-q")
        #expect(try box.snapshots().map { $0.texts("tags") } == [["nightly"], []])
        try box.succeed("tag", "--add", "all")
        #expect(try box.snapshots().map { $0.texts("tags") } == [["nightly", "all"], ["all"]])
        #expect(try box.succeed("list", "locks").lines == [])
        try box.checkAll()
    }

    @Test func wrongUsageIsExplained() throws {
        let box = try Sandbox(isEncrypted: false)
        try box.succeed("backup", "-q", "--stream", "a=echo a", "--tag", "x")
        let cases: [(arguments: [Argument], part: String)] = [
            ([], "no tag is given"), (["--add", ","], "no tag is given"), (["--set", "a", "--add", "b"], "--set"),
            (["--add", "a", "--remove", "a"], "added and removed"), (["--add", "a", "--tag", "y"], "there are: x"),
        ]
        for (arguments, part) in cases {
            let outcome = try box.run(arguments: ["tag"] + arguments)
            #expect(outcome.code == 2, "\(outcome.name): \(outcome.errors)")
            #expect(outcome.errors.contains(part), "\(outcome.name): \(outcome.errors)")
        }
    }
}
