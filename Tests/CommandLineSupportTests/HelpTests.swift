import CommandLineSupport
import Testing

struct HelpTests {
    @Test func programHelp() {
        #expect(
            sampleProgram.help(for: []) == """
                Usage: varve COMMAND [OPTIONS]

                Keeps dump streams, deduplicated and encrypted.

                Standard input cannot show that its producer failed.

                Commands:
                  backup   Make a snapshot.
                  restore  Put files back.
                  diff     Compare two snapshots.
                  list     List objects.
                  key      Handle keys.
                  rm-many  Remove [several]: that's all.
                  help     Show the help of a command.

                Options:
                  -r, --repo REPO           Where the repository is.
                      --password-file FILE  Read the password from this file.
                      --json                Write one JSON object a line.
                  -q, --quiet               Say nothing but errors.
                  -v, --verbose             Say more. May be given several times.
                  -h, --help                Show what the program or the command does, and its options.
                      --version             Show the version.

                Environment:
                  VARVE_REPOSITORY  Used where --repo is not given.
                  VARVE_PASSWORD    The password.

                Examples:
                  # create a repository
                  varve init

                Exit codes:
                  0    done
                  2    wrong usage
                  130  interrupted

                `varve COMMAND --help` shows the options of a command.

                """)
    }

    @Test func commandHelp() {
        let text = sampleProgram.help(for: ["restore"])
        #expect(
            text.hasPrefix(
                """
                Usage: varve restore --target DIR [OPTIONS] SNAPSHOT[:PATH]

                Put files back.

                Arguments:
                  SNAPSHOT[:PATH]  Which one.

                Options:
                      --target DIR      Where to. Required.
                      --overwrite WHEN  Which files to replace. One of: never, if-changed, if-newer, always.
                      --connections N   How many at once.
                      --max-wait TIME   How long to wait.

                Global options:
                  -r, --repo REPO           Where the repository is.
                """))
        #expect(text.contains("\n  # the latest snapshot into a new folder\n  varve restore latest --target /tmp/x\n"))
    }

    @Test func usageLines() {
        func usage(_ path: [String]) -> Substring { sampleProgram.help(for: path).prefix { $0 != "\n" } }
        #expect(usage(["backup"]) == "Usage: varve backup [OPTIONS] [PATH...]")
        #expect(usage(["diff"]) == "Usage: varve diff [OPTIONS] A [B]")
        #expect(usage(["rm-many"]) == "Usage: varve rm-many [OPTIONS] FIRST REST...")
        #expect(usage(["key"]) == "Usage: varve key COMMAND [OPTIONS]")
        #expect(usage(["key", "add"]) == "Usage: varve key add [OPTIONS]")
    }

    @Test func wrapsAtAHundredColumns() {
        let long = Array(repeating: "sediment", count: 40).joined(separator: " ")
        let program = ProgramDeclaration(
            name: "p", abstract: long, discussion: "\(long)\n  kept   as it is\n\n\(long)",
            globalOptions: [
                .value("an-option-with-a-very-long-name", nil, "PLACEHOLDER", help: long), .flag("short", help: long),
            ],
            commands: [CommandDeclaration("do", abstract: long, examples: [Example("p do", long)])],
            exitCodes: [ExitCode(1, long)])
        for path in [[], ["do"]] {
            let lines = program.help(for: path).split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.allSatisfy { $0.count <= 100 && !$0.hasSuffix(" ") })
            #expect(lines.contains { $0.count > 90 })
            #expect(lines.contains("      --an-option-with-a-very-long-name PLACEHOLDER"))
        }
        #expect(program.help(for: []).contains("\n  kept   as it is\n\n"))
        #expect(program.help(for: []).contains("\n      --short    sediment sediment"))
    }
}
