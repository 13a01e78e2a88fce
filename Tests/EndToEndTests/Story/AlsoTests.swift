import Testing

/// `backup --also`: one backup to several repositories.
@Suite struct AlsoTests {
    private let box: Sandbox
    private let other: String
    private let third: String

    init() throws {
        box = try Sandbox()
        other = box.path("other")
        third = box.path("third")
        for place in [other, third] {
            try box.succeed("init", "-q", "-r", Argument(place), "--copy-parameters-from", Argument(box.repository))
        }
    }

    private func backUp(_ text: String, _ options: Argument...) throws -> Outcome {
        try box.run(arguments: ["backup", "--stream", Argument("db=echo \(text)")] + options)
    }

    private func dump(_ place: String) throws -> String {
        try box.succeed("dump", "-r", Argument(place), "latest:db").text
    }

    @Test func allGetIt() throws {
        let outcome = try backUp("one", "--also", Argument(other), "--also", Argument(third))
        outcome.expect(0)
        for place in [box.repository, other, third] {
            #expect(outcome.text.contains("in \(place)"))
            #expect(try dump(place) == "one\n")
            try box.succeed("check", "--read-data", "-q", "-r", Argument(place))
        }
        #expect(Files.below("\(other)/data").count == Files.below("\(third)/data").count)
    }

    @Test(arguments: [0, 1]) func oneThatIsDownIsNamedAndTheOthersGetIt(down: Int) throws {
        let places = [box.repository, other, third]
        try box.shell("mv \(places[down]) \(places[down]).away; mkdir \(places[down])")
        let outcome = try backUp("two", "--also", Argument(other), "--also", Argument(third))
        outcome.expect(4)
        #expect(outcome.errors.contains("\(places[down]) is left out"))
        #expect(outcome.text.contains("MISSING in \(places[down])"))
        let json = try backUp("three", "--also", Argument(other), "--also", Argument(third), "--json")
        json.expect(4)
        #expect(json.text.contains("\"repository\":\"\(places[down])\",\"snapshot_id\":null,\"error\":\"there is no"))
        for (number, place) in places.enumerated() where number != down { #expect(try dump(place) == "three\n") }
        #expect(Files.below("\(places[down])/data").isEmpty)
    }

    @Test func strangersAndWrongPasswordsAreRefused() throws {
        let stranger = box.path("stranger")
        try box.succeed("init", "-q", "-r", Argument(stranger))
        let refused = try box.fail(2, "backup", "--stream", "db=echo x", "--also", Argument(stranger))
        #expect(refused.errors.contains("--copy-parameters-from"))
        let wrong = box.path("wrong")
        try box.succeed(
            "init", "-q", "-r", Argument(wrong), "--copy-parameters-from", Argument(box.repository),
            environment: ["VARVE_FROM_PASSWORD": box.password, "VARVE_PASSWORD": "another one"])
        try box.fail(12, "backup", "--stream", "db=echo x", "--also", Argument(wrong))
        #expect(try box.snapshots().isEmpty)
    }

    @Test func optionsForRemoteRepositoriesAreChecked() throws {
        try box.fail(2, "snapshots", "--connections", "0")
        try box.fail(2, "snapshots", "--limit-upload", "fast")
        try box.fail(2, "snapshots", environment: ["VARVE_LIMIT_DOWNLOAD": "12"])
        try box.fail(2, "snapshots", environment: ["VARVE_CONNECTIONS": "many"])
        try box.succeed("snapshots", "--connections", "3", "--limit-upload", "2M", "--insecure-tls")
        // A folder of this machine has no traffic.
        let summary = try box.succeed("backup", "--json", "--stream", "db=echo x").object("summary")
        #expect(summary.object("traffic") == nil)
    }
}
