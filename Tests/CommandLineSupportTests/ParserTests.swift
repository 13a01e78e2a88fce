import CommandLineSupport
import SeededData
import Testing

struct ParserTests {
    @Test(arguments: [
        "backup --tag a --tag=b /etc", "backup -t a -tb /etc", "backup /etc -t a --tag b", "backup -ta -- /etc",
        "--repo /r backup --tag a /etc", "backup --tag a /etc --repo=/r",
    ])
    func readsOptionsInAllSpellings(line: String) throws {
        let arguments = try parsed(line)
        #expect(arguments.command == ["backup"])
        #expect(try arguments.values("tag").first == "a")
        #expect(try arguments.positionals("PATH") == ["/etc"])
        #expect(try arguments.value("repo") == (line.contains("repo") ? "/r" : nil))
    }

    @Test func readsBundledFlags() throws {
        let arguments = try parsed("backup -vqnv -vtx")
        #expect(arguments.count("verbose") == 3)
        #expect(arguments.flag("quiet") && arguments.flag("dry-run") && !arguments.flag("json"))
        #expect(try arguments.values("tag") == ["x"])
    }

    @Test func doubleDashEndsOptions() throws {
        #expect(try parsed("backup -- --tag -q --help").positionals("PATH") == ["--tag", "-q", "--help"])
        #expect(try parsed("backup -").positionals("PATH") == ["-"])
        #expect(try parsed("backup -- a -- b").positionals("PATH") == ["a", "--", "b"])
    }

    @Test func valuesMayBeEmptyOrLookLikeOptions() throws {
        #expect(try parsed("backup --tag=").values("tag") == [""])
        #expect(try parsed("backup --tag=--dry-run").values("tag") == ["--dry-run"])
        #expect(try parsed("backup --tag=a=b").values("tag") == ["a=b"])
        #expect(try parsed("backup --tag --dashes -t -x").values("tag") == ["--dashes", "-x"])
        #expect(try parsed("backup -t=x").values("tag") == ["=x"])
    }

    @Test func readsSubcommands() throws {
        #expect(try parsed("key add --label me").command == ["key", "add"])
        #expect(try parsed("key -q add -lme").value("label") == "me")
        #expect(try parsed("key list").command == ["key", "list"])
    }

    @Test func anOptionMayStandForItsSubcommand() throws {
        let tier = CommandDeclaration(
            "tier", abstract: "Fetch.", examples: [Example("p repair --from x", "it")],
            options: [.value("from", nil, "X", help: "Whence."), .flag("dry-run", help: "Only say.")])
        let index = CommandDeclaration("index", abstract: "Build.", examples: [Example("p repair index", "it")])
        let repair = CommandDeclaration(
            "repair", abstract: "Repair.", subcommands: [tier, index], implyingOption: "from")
        let program = ProgramDeclaration(
            name: "p", abstract: "P.", globalOptions: [], commands: [repair], exitCodes: [])
        for line in [["repair", "--from", "x", "--dry-run"], ["repair", "tier", "--dry-run", "--from=x"]] {
            guard case .command(let arguments) = try program.parse(bytes: line.map { Array($0.utf8) }) else {
                Issue.record("\(line) asks for no help")
                continue
            }
            #expect(arguments.command == ["repair", "tier"] && arguments.flag("dry-run"))
            #expect(try arguments.value("from") == "x")
        }
        for line in [["repair", "--dry-run"], ["repair", "index", "--from", "x"]] {
            #expect(throws: UsageError.self) { try program.parse(bytes: line.map { Array($0.utf8) }) }
        }
    }

    @Test func sharesOutPositionals() throws {
        #expect(try parsed("diff x").positional("B") == nil)
        #expect(try parsed("diff x y").positional("B") == "y")
        let many = try parsed("rm-many a b c")
        #expect(try many.positional("FIRST") == "a")
        #expect(try many.positionals("REST") == ["b", "c"])
    }

    @Test func keepsBytesThatAreNoText() throws {
        let path: [UInt8] = [0x2f, 0xff, 0xc3, 0x28]
        let line = [Array("backup".utf8), Array("--exclude-file=".utf8) + path, path]
        guard case .command(let arguments) = try sampleProgram.parse(bytes: line) else { throw Unexpected(what: "") }
        #expect(arguments.positionalBytes("PATH") == [path])
        #expect(arguments.valueBytes("exclude-file") == path)
        #expect(throws: UsageError.self) { try arguments.positionals("PATH") }
        let error = #expect(throws: UsageError.self) { try arguments.value("exclude-file") }
        #expect(error?.problem == "--exclude-file: \"/\u{fffd}\u{fffd}(\" is not UTF-8")
    }

    @Test(arguments: [
        ("backup --dryrun", "unknown option --dryrun; did you mean --dry-run?"),
        ("--pasword-file x backup", "unknown option --pasword-file; did you mean --password-file?"),
        ("backup --pass=hunter2", "unknown option --pass; did you mean --password-file?"),
        ("backup --something", "unknown option --something; see `varve backup --help`"),
        ("--tag x backup", "unknown option --tag; if it belongs to a command, put it behind the command"),
        ("backup -x", "unknown option -x; see `varve backup --help`"),
        ("backup -qdry", "unknown option -d in -qdry; see `varve backup --help`"),
        ("bakcup", "unknown command \"bakcup\"; did you mean backup?"),
        ("zzz", "unknown command \"zzz\"; see `varve --help`"),
        ("key lst", "unknown command of `varve key` \"lst\"; did you mean list?"),
        ("backup --tag", "--tag needs a value (TAG); see `varve backup --help`"),
        ("backup -t", "-t needs a value (TAG); see `varve backup --help`"),
        ("backup --tag -- x", "--tag needs a value (TAG); see `varve backup --help`"),
        (
            "backup --tag --dry-run",
            "--tag needs a value (TAG), and --dry-run is an option; if it is the value, write --tag=--dry-run"
        ),
        ("backup --quiet=yes", "--quiet takes no value; see `varve backup --help`"),
        ("backup --chunk-size 1K --chunk-size=2K", "--chunk-size is given twice; see `varve backup --help`"),
        ("backup -qq", "--quiet is given twice; see `varve backup --help`"),
        ("diff", "A is missing; see `varve diff --help`"),
        ("diff a b c", "unexpected argument \"c\"; see `varve diff --help`"),
        ("rm-many a", "REST is missing; see `varve rm-many --help`"),
        ("restore --target x", "SNAPSHOT[:PATH] is missing; see `varve restore --help`"),
        ("restore latest", "--target DIR is missing; see `varve restore --help`"),
        (
            "restore latest --target x --overwrite allways",
            "--overwrite: \"allways\" is not one of never, if-changed, if-newer, always; did you mean always?"
        ),
        ("list pack", "KIND: \"pack\" is not one of packs, snapshots; did you mean packs?"),
        ("help nothing", "unknown command \"nothing\"; see `varve --help`"),
        ("backup \u{1b}[2J --\u{7}", "unknown option --\u{fffd}; see `varve backup --help`"),
    ])
    func explainsErrors(line: String, message: String) {
        #expect(usageError(line)?.description == message)
    }

    @Test(arguments: [
        ("", []), ("--help", []), ("-h", []), ("help", []), ("-qh", []), ("backup --help", ["backup"]),
        ("--help backup", ["backup"]), ("backup --nonsense --help", ["backup"]), ("backup --tag --help", ["backup"]),
        ("key", ["key"]), ("key add -h", ["key", "add"]), ("help key add", ["key", "add"]),
        ("restore --help", ["restore"]),
        ("nonsense --help", []), ("backup --help --help", ["backup"]),
    ])
    func showsHelp(line: String, path: [String]) throws {
        guard case .help(let text) = try sampleProgram.parse(words(line)) else { throw Unexpected(what: line) }
        #expect(text == sampleProgram.help(for: path))
    }

    @Test func helpBehindDoubleDashIsAnArgument() {
        #expect(usageError("backup --nonsense -- --help")?.problem == "unknown option --nonsense")
    }

    @Test func reportsVersionWithGlobalOptions() throws {
        for line in ["--version --json", "backup --version --json"] {
            guard case .version(let arguments) = try sampleProgram.parse(words(line)) else {
                throw Unexpected(what: line)
            }
            #expect(arguments.command.isEmpty && arguments.flag("json") && !arguments.flag("quiet"))
        }
    }

    @Test func anyLineIsParsedOrExplained() throws {
        let vocabulary = [
            "backup", "key", "add", "restore", "--tag", "--tag=x", "-t", "-qv", "--", "-", "", "--=", "---", "-\u{e9}",
            "x",
            "--target", "--overwrite", "never", "--repo", "--version",
        ]
        var generator = SeededRandom(seed: 7)
        var outcomes: Set<String> = []
        for _ in 0..<5000 {
            let line = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                vocabulary.randomElement(using: &generator) ?? ""
            }
            do {
                switch try sampleProgram.parse(line) {
                case .command(let arguments):
                    outcomes.insert(arguments.command.joined(separator: " "))
                    guard arguments.command == ["backup"] else { continue }
                    // Behind the command this is always the option, never the value of another.
                    let options = line.prefix { $0 != "--" }.drop { $0 != "backup" }
                    #expect(try arguments.values("tag").count { $0 == "x" } >= options.count { $0 == "--tag=x" })
                case .help: outcomes.insert("help")
                case .version: outcomes.insert("version")
                }
            } catch {
                outcomes.insert("error")
                #expect(!error.problem.isEmpty && !error.advice.isEmpty)
            }
        }
        #expect(outcomes == ["backup", "key add", "restore", "help", "version", "error"])
    }
}
