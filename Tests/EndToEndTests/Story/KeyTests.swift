import Testing

/// Passwords that come and go.
@Suite struct KeyTests {
    @Test func passwordsAreAddedChangedAndRemoved() throws {
        let box = try Sandbox()
        try box.succeed("backup", "-q", "--stream", "a=echo kept")
        let bob = "bob-\(UInt64.random(in: 0 ... .max))"
        let carol = "carol-\(UInt64.random(in: 0 ... .max))"
        func opens(_ password: String) throws -> Bool {
            let outcome = try box.run(arguments: ["dump", "latest:a"], environment: ["VARVE_PASSWORD": password])
            #expect(outcome.code == 0 || outcome.code == 12)
            return outcome.code == 0 && outcome.text == "kept\n"
        }

        let added = try box.succeed("key", "add", "--label", "bob", "--json", environment: ["VARVE_NEW_PASSWORD": bob])
        let bobsKey = try #require(try added.object("key_added").text("id"))
        #expect(try opens(bob))
        #expect(try opens(box.password))
        let keys = try box.succeed("key", "list", "--json").objects().filter { $0.type == "key" }
        #expect(keys.count == 2)
        #expect(keys.compactMap { $0.text("label") }.sorted() == ["bob", "init"])
        #expect(try box.succeed("key", "list").text.contains(bobsKey.prefix(8)))

        try Files.write("\(carol)\n", to: box.path("carol"))
        let changed = try box.succeed(
            "key", "passwd", "--new-password-file", Argument(box.path("carol")), "--label", "carol", "--json",
            environment: ["VARVE_PASSWORD": bob])
        #expect(try changed.object("key_changed").text("old_id") == bobsKey)
        #expect(try opens(carol))
        #expect(try !opens(bob))

        let carolsKey = try #require(try changed.object("key_changed").text("id"))
        let removed = try box.succeed("key", "remove", Argument(String(carolsKey.prefix(10))))
        #expect(removed.text.contains(carolsKey.prefix(8)))
        #expect(try !opens(carol))
        #expect(try opens(box.password))

        // The last password stays.
        let last = try #require(try box.succeed("key", "list", "--json").objects().first?.text("id"))
        let outcome = try box.run(arguments: ["key", "remove", Argument(last)])
        #expect(outcome.code != 0)
        #expect(try opens(box.password))
        #expect(try box.run(arguments: ["key", "remove", "ffff"]).code == 1)
        try box.fail(2, "key", "add", environment: ["VARVE_NEW_PASSWORD": ""])
        try box.fail(2, "key", "add")
        try box.checkAll()
    }
}
