import Testing

/// Where the password and the name of the repository may come from.
@Suite struct PasswordSourceTests {
    @Test func eachSourceOpensTheRepository() throws {
        let box = try Sandbox()
        box.environment["VARVE_PASSWORD"] = nil
        let file = Argument(box.path("password-file"))
        try Files.write("\(box.password)\n", to: box.path("password-file"))
        try Files.write("\(box.password)\r\n", to: box.path("windows-file"))
        let command = "cat \(box.path("password-file"))"
        try box.succeed("snapshots", "--password-file", file)
        try box.succeed("snapshots", "--password-command", Argument(command))
        try box.succeed("snapshots", environment: ["VARVE_PASSWORD_FILE": box.path("windows-file")])
        try box.succeed("snapshots", environment: ["VARVE_PASSWORD_COMMAND": command])
        try box.succeed("snapshots", environment: ["VARVE_PASSWORD": box.password])

        let none = try box.fail(12, "snapshots")
        #expect(none.errors.contains("VARVE_PASSWORD"))
    }

    @Test func theMoreParticularSourceCounts() throws {
        let box = try Sandbox(isInitialized: false)
        box.environment["VARVE_PASSWORD"] = nil
        for name in ["option-file", "variable-file"] { try Files.write(name, to: box.path(name)) }
        let sources: [(password: String, arguments: [Argument], variables: [String: String])] = [
            ("option-file", ["--password-file", Argument(box.path("option-file"))], [:]),
            ("option-command", ["--password-command", "echo option-command"], [:]),
            ("variable-file", [], ["VARVE_PASSWORD_FILE": box.path("variable-file")]),
            ("variable-command", [], ["VARVE_PASSWORD_COMMAND": "echo variable-command"]),
            ("variable", [], ["VARVE_PASSWORD": "variable"]),
        ]
        for index in sources.indices {
            // Of this source and all that count less, this one is taken.
            let given = sources[index...]
            let repository: [Argument] = ["--repo", Argument(box.path("repository-\(index)"))]
            try box.succeed(
                arguments: ["init", "-q"] + repository + given.flatMap(\.arguments),
                environment: given.reduce(into: [:]) { $0.merge($1.variables) { $1 } })
            try box.succeed(
                arguments: ["snapshots"] + repository, environment: ["VARVE_PASSWORD": sources[index].password])
        }
    }

    @Test func anEmptyPasswordIsRefused() throws {
        let box = try Sandbox(isInitialized: false)
        try Files.write("\n", to: box.path("empty"))
        box.environment["VARVE_PASSWORD"] = nil
        let sources: [(arguments: [Argument], variables: [String: String])] = [
            (["--password-file", Argument(box.path("empty"))], [:]), (["--password-command", "true"], [:]),
            ([], ["VARVE_PASSWORD": ""]), ([], ["VARVE_PASSWORD_FILE": box.path("empty")]),
        ]
        for source in sources {
            let outcome = try box.run(arguments: ["init"] + source.arguments, environment: source.variables)
            #expect(outcome.code == 2)
            #expect(outcome.errors.contains("empty password"), "\(outcome.errors)")
        }
        #expect(!Files.exists("\(box.repository)/config"))
    }

    @Test func aSourceThatFailsSaysSo() throws {
        let box = try Sandbox(isEncrypted: false)
        let file = try box.fail(1, "snapshots", "--password-file", "/nonexistent/file")
        #expect(file.errors.contains("/nonexistent/file"))
        let command = try box.fail(1, "snapshots", "--password-command", "echo almost; exit 5")
        #expect(command.errors.contains("status 5"))
        #expect(!command.errors.contains("almost"))
    }

    @Test func theRepositoryIsNamedInThreeWays() throws {
        let box = try Sandbox(isEncrypted: false)
        try Files.write("\(box.repository)\n", to: box.path("name"))
        box.environment["VARVE_REPOSITORY"] = nil
        try box.succeed("snapshots", "-r", Argument(box.repository))
        try box.succeed("snapshots", environment: ["VARVE_REPOSITORY_FILE": box.path("name")])
        try box.succeed("snapshots", "--repo", Argument(box.repository), environment: ["VARVE_REPOSITORY": "/nowhere"])
        try box.succeed("snapshots", "--repo", "repository", in: box.folder)
        let none = try box.fail(2, "snapshots")
        #expect(none.errors.contains("--repo") && none.errors.contains("VARVE_REPOSITORY"))
        let absent = try box.fail(10, "snapshots", environment: ["VARVE_REPOSITORY": "/nowhere"])
        #expect(absent.errors.contains("/nowhere"))
    }
}
