import Testing

/// What the program says of itself, and how it takes what is typed wrong.
@Suite struct CommandLineTests {
    /// The commands that the help names.
    private func commands(_ box: Sandbox, of command: [Argument] = []) throws -> [String] {
        let lines = try box.succeed(arguments: command + ["--help"]).text.split(
            separator: "\n", omittingEmptySubsequences: false)
        let list = lines.drop { $0 != "Commands:" }.dropFirst().prefix { !$0.isEmpty }
        return list.filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }.compactMap {
            $0.split(separator: " ").first.map(String.init)
        }
    }

    @Test func everyCommandHasHelpWithAnExample() throws {
        let box = try Sandbox(isInitialized: false)
        let names = try commands(box)
        let expected = [
            "init", "backup", "snapshots", "ls", "find", "diff", "stats", "restore", "dump", "forget", "tag", "prune",
            "check", "repair", "key", "cat", "list", "cache", "version", "completion", "self-test",
        ]
        for name in expected { #expect(names.contains(name)) }
        var all = names.filter { $0 != "help" }.map { [Argument($0)] }
        for name in ["key", "cache", "repair"] {
            all += try commands(box, of: [Argument(name)]).map { [Argument(name), Argument($0)] }
        }
        for command in all {
            let words = command.map(\.description).joined(separator: " ")
            let help = try box.succeed(arguments: command + ["--help"])
            #expect(help.errors.isEmpty)
            #expect(help.text.hasPrefix("Usage: varve \(words)"))
            #expect(help.text.contains("varve \(words)"))
            if !help.text.contains("\nCommands:") { #expect(help.text.contains("\nExamples:\n"), "\(words)") }
            #expect(try box.succeed(arguments: ["help"] + command).text == help.text)
        }
        #expect(try box.succeed().text == box.succeed("--help").text)
    }

    @Test func helpSaysWhatStandardInputCannotShow() throws {
        let help = try Sandbox(isInitialized: false).succeed("backup", "--help").text
        let text = help.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(text.contains("standard input, which cannot show that whoever writes to it failed"))
        #expect(text.contains("prefer --stream"))
    }

    @Test func versionNamesWhatItIsMadeOf() throws {
        let box = try Sandbox(isInitialized: false)
        let version = try box.succeed("version").text
        for word in ["varve ", "repository format ", "chunker kernel: ", "hash kernel: ", "cipher", "OpenSSL", "zstd"] {
            #expect(version.contains(word))
        }
        #expect(try box.succeed("--version").text == version)
    }

    @Test func theChunkerKernelCanBeForcedWhereTheCPUHasIt() throws {
        let box = try Sandbox(isInitialized: false)
        box.environment["VARVE_KERNEL"] = nil
        let forced = try box.succeed("version", environment: ["VARVE_KERNEL": "portable"])
        #expect(forced.lines.contains("chunker kernel: portable"))
        #expect(forced.lines.contains("hash kernel: openssl"))
        let json = try box.succeed("version", "--json", environment: ["VARVE_KERNEL": "portable"])
        #expect(json.text.contains("\"chunker_kernel\":\"portable\""))
        #expect(try box.succeed("version", environment: ["VARVE_KERNEL": ""]).text == box.succeed("version").text)
        // No CPU has both.
        for kernel in ["abacus", "neon", "avx2"] {
            let outcome = try box.run(arguments: ["version"], environment: ["VARVE_KERNEL": kernel])
            guard kernel == "abacus" || outcome.code != 0 else { continue }
            #expect(outcome.code == 2)
            #expect(outcome.errors.contains(kernel))
            #expect(outcome.errors.contains("available here: portable"))
        }
    }

    @Test func theProgramTestsItself() throws {
        let box = try Sandbox(isInitialized: false)
        let lines = try box.succeed("self-test").lines
        #expect(lines.count >= 4)
        #expect(lines.allSatisfy { $0.hasPrefix("ok ") })
        #expect(try box.succeed("self-test", "--quiet").text.isEmpty)
    }

    @Test func wrongUsageIsExplained() throws {
        let box = try Sandbox(isEncrypted: false)
        let cases: [(arguments: [Argument], parts: [String])] = [
            (["snapshot"], ["unknown command \"snapshot\"", "did you mean snapshots?"]),
            (["backup", "--exlude", "x"], ["unknown option --exlude", "did you mean --exclude?"]),
            (["key", "lst"], ["\"lst\"", "did you mean list?"]), (["backup"], ["nothing to back up"]),
            (["restore", "latest"], ["--target", "missing"]), (["dump"], ["SNAPSHOT:PATH is missing"]),
            (["snapshots", "--latest", "many"], ["--latest", "many", "whole number"]),
            (["check", "--read-data=yes"], ["--read-data takes no value"]),
            (["backup", "--stream", "no-command"], ["NAME=COMMAND"]),
            (["backup", "--stdin"], ["--stdin needs a value"]),
            (["init", "--repo", "new", "--chunk-size", "33K"], ["power of two"]),
            (["init", "--repo", "new", "--pack-size", "1K"], ["--pack-size"]),
            (["list", "pack"], ["did you mean packs?"]),
            (["snapshots", "--json", "--json", "extra\u{1b}[31m"], []),
        ]
        for (arguments, parts) in cases {
            let outcome = try box.run(arguments: arguments)
            #expect(outcome.code == 2, "\(outcome.name): \(outcome.errors)")
            #expect(outcome.errorLines.count == 1, "one line: \(outcome.errors)")
            #expect(!outcome.errors.contains("\u{1b}"))
            for part in parts { #expect(outcome.errors.contains(part), "\(outcome.name): \(outcome.errors)") }
        }
    }

    @Test func bashCompletesCommandLines() throws {
        let box = try Sandbox(isInitialized: false)
        try box.succeed("completion", "bash")
        let script = """
            set +e
            source <("$VARVE" completion bash)
            complete_line() {
                COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
                "$(complete -p varve | sed 's/.* -F \\([^ ]*\\) .*/\\1/')" varve
                printf '%s\\n' "${COMPREPLY[@]}"
            }
            """
        func candidates(_ words: String) throws -> [String] {
            try box.shell("\(script)\ncomplete_line \(words)").lines
        }
        #expect(try candidates("varve sn") == ["snapshots"])
        #expect(try candidates("varve backup --exclude-c") == ["--exclude-caches"])
        #expect(try candidates("varve key ''").sorted() == ["add", "list", "passwd", "remove", "rotate"])
        #expect(try candidates("varve restore latest --overwrite if-").sorted() == ["if-changed", "if-newer"])
        #expect(try candidates("varve completion ''").sorted() == ["bash", "fish", "zsh"])
        try box.shell("mkdir some-folder; touch some-file")
        #expect(try candidates("varve --repo some-") == ["some-folder"])
        #expect(try candidates("varve backup some-").sorted() == ["some-file", "some-folder"])
    }

    @Test("other shells understand their completions", arguments: ["zsh", "fish"].filter(Installation.hasCommand))
    func otherShellsUnderstandTheirCompletions(shell: String) throws {
        let box = try Sandbox(isInitialized: false)
        let written = try box.succeed("completion", Argument(shell)).output
        #expect(!written.isEmpty)
        try Files.write(written, to: box.path("script"))
        try box.shell("\(shell) -n script")
    }

    @Test func fishCompletesCommandLines() throws {
        guard Installation.hasCommand("fish") else { return }
        let box = try Sandbox(isInitialized: false)
        try Files.write(try box.succeed("completion", "fish").output, to: box.path("script"))
        let found = try box.shell("fish -c 'source script; complete -C \"varve sn\"'").lines
        #expect(found.map { $0.split(separator: "\t").first } == ["snapshots"])
    }
}
