import Testing

/// The password goes nowhere but into the key derivation.
@Suite struct SecretTests {
    @Test func commandsDoNotGetThePassword() throws {
        let box = try Sandbox()
        let file = box.path("password-file")
        try Files.write(box.password, to: file)
        let variables = [
            "VARVE_PASSWORD_FILE": file, "VARVE_PASSWORD_COMMAND": "echo \(box.password)",
            "VARVE_NEW_PASSWORD": box.password, "VARVE_FROM_PASSWORD": box.password,
            "VARVE_TO_PASSWORD": box.password, "VARVE_REST_PASSWORD": box.password, "HARMLESS": "stays",
        ]
        try box.succeed(
            "backup", "-q", "--verbose", "--stream", "env=env", "--stream",
            "line=tr '\\0' '\\n' < /proc/$PPID/cmdline", "--stream", "own=tr '\\0' '\\n' < /proc/$$/cmdline",
            environment: variables)
        let seen = String(decoding: try box.dump("latest:env"), as: UTF8.self)
        #expect(seen.contains("HARMLESS=stays"))
        #expect(!seen.contains("PASSWORD"))
        #expect(!seen.contains(box.password))
        // varve's own command line, and that of the shell that it starts.
        let line = String(decoding: try box.dump("latest:line"), as: UTF8.self)
        #expect(line.contains("backup\n"))
        #expect(!line.contains(box.password))
        #expect(!String(decoding: try box.dump("latest:own"), as: UTF8.self).contains(box.password))
    }

    /// Every run of varve in these tests is looked at for the password; here it is made to say all it can.
    @Test func noOutputShowsThePassword() throws {
        let box = try Sandbox()
        try box.succeed("backup", "--verbose", "--stream", "a=echo a; echo to standard error >&2")
        for command in [
            ["snapshots"], ["check", "--read-data"], ["key", "list"], ["cat", "config"], ["cache", "show"],
        ] {
            try box.succeed(arguments: command.map { Argument($0) } + ["--verbose"])
            try box.succeed(arguments: command.map { Argument($0) } + ["--verbose", "--json"])
        }
        let wrong = "wrong-\(box.password)"
        let refused = try box.fail(12, "snapshots", "--verbose", environment: ["VARVE_PASSWORD": wrong])
        #expect(refused.errors.contains("password"))
        #expect(!refused.errors.contains(wrong))
        // Neither do the files of the repository and of the cache.
        for file in Files.below(box.repository) + Files.below(box.path("cache")) {
            let content = try Files.read(file.path)
            #expect(!content.holds(box.password), "\(file.path)")
        }
    }

    @Test func whatIsStoredIsNotReadableWithoutTheKey() throws {
        let box = try Sandbox()
        let sentence = "the quick brown fox jumps over the lazy dog"
        let source = box.path("recognisable-name")
        try Files.makeFolder(source)
        try Files.write(sentence, to: "\(source)/recognisable-file")
        try box.succeed(
            "backup", "-q", "--stream", "recognisable-stream=echo '\(sentence)'", "--tag", "recognisable-tag",
            "--host", "recognisable-host", Argument(source))
        // What is looked for is found where nothing is encrypted.
        let plain = try Sandbox(isEncrypted: false)
        try plain.succeed("backup", "-q", "--stream", "s=echo '\(sentence)'")
        #expect(try plain.packs.contains { try Files.read($0.path).holds(sentence) })
        for file in Files.below(box.repository) {
            let content = try Files.read(file.path)
            for text in [sentence, "recognisable"] {
                #expect(!content.holds(text), "\(text) in \(file.path)")
            }
        }
    }
}
