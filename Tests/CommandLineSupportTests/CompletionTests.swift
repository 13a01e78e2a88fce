import CommandLineSupport
import Glibc
import Testing

struct BashCompletionTests {
    /// What bash offers for the word that the cursor stands behind, the last of `words`.
    private func replies(_ words: [String], folder: String = "/") throws -> [String] {
        let quoted = words.map { "'\($0)'" }.joined(separator: " ")
        let script = """
            cd '\(folder)' || exit 1
            \(sampleProgram.completionScript(for: .bash))
            complete -p varve | grep -q -- '-F _varve varve' || echo 'not registered'
            COMP_WORDS=(varve \(quoted)) COMP_CWORD=\(words.count)
            _varve
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        return try runBash(script).split(separator: "\n").map(String.init).sorted()
    }

    @Test(arguments: [
        ("b", ["backup"]), ("re", ["restore"]), ("k", ["key"]), ("zz", []), ("key ", ["add", "list"]),
        ("key a", ["add"]),
        ("-q key l", ["list"]), ("--repo key ba", ["backup"]), ("--repo = /x ba", ["backup"]),
        ("--repo = s3 : https : //h k", ["key"]), ("help b", ["backup"]), ("help re", ["restore"]),
    ])
    func completesCommands(line: String, expected: [String]) throws { #expect(try replies(split(line)) == expected) }

    @Test func offersAllCommandsAtTheStart() throws {
        #expect(try replies([""]) == ["backup", "diff", "help", "key", "list", "restore", "rm-many"])
    }

    @Test(arguments: [
        ("--j", ["--json"]), ("backup --t", ["--tag"]), ("backup --re", ["--repo"]), ("--ta", []),
        ("restore latest --o", ["--overwrite"]), ("key add --l", ["--label"]), ("key list --l", []), ("list --l", []),
        ("backup --tag key --dry", ["--dry-run"]), ("backup -t key --dry", ["--dry-run"]),
    ])
    func completesOptions(line: String, expected: [String]) throws { #expect(try replies(split(line)) == expected) }

    @Test(arguments: [
        ("restore --overwrite ", ["always", "if-changed", "if-newer", "never"]),
        ("restore --overwrite if-", ["if-changed", "if-newer"]), ("restore --overwrite = n", ["never"]),
        ("restore --overwrite =", ["always", "if-changed", "if-newer", "never"]), ("restore l", ["latest"]),
        ("restore --target x l", ["latest"]), ("restore latest l", []), ("list ", ["packs", "snapshots"]),
        ("key add --label ", ["me", "you"]), ("key add -l y", ["you"]), ("backup --tag ", []), ("diff ", []),
    ])
    func completesValues(line: String, expected: [String]) throws { #expect(try replies(split(line)) == expected) }

    @Test func completesFilesAndFolders() throws {
        let folder = try runBash(
            "d=$(mktemp -d) && cd \"$d\" && mkdir 'a folder' afar && touch 'a file' other && printf %s \"$d\"")
        defer { _ = try? runBash("rm -r '\(folder)'") }
        #expect(try replies(["--password-file", "a"], folder: folder) == ["a file", "a folder", "afar"])
        #expect(try replies(["--repo", "="], folder: folder) == ["a folder", "afar"])
        #expect(try replies(["backup", "-r", "a"], folder: folder) == ["a folder", "afar"])
        #expect(try replies(["backup", "other", "a"], folder: folder) == ["a file", "a folder", "afar"])
        #expect(try replies(["rm-many", "a"], folder: folder) == [])
        #expect(try replies(["restore", "--target", "a f"], folder: folder) == ["a folder"])
    }

    private func split(_ line: String) -> [String] {
        line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    }
}

/// The scripts for shells that need not be installed where the tests run: what was seen to work in them is held fast.
struct ZshCompletionTests {
    private let script = sampleProgram.completionScript(for: .zsh)

    @Test func declaresItself() {
        #expect(script.hasPrefix("#compdef varve\n"))
        #expect(script.contains("\n    compdef _varve varve\n"))
    }

    @Test(arguments: [
        "'(-r --repo)'{-r+,--repo=}'[Where the repository is.]:REPO:_files -/'",
        "'--password-file=[Read the password from this file.]:FILE:_files'",
        "'*'{-v,--verbose}'[Say more.]'", "'*'{-t+,--tag=}'[Put a tag on it.]:TAG:'",
        "'--json[Write one JSON object a line.]'",
        "'(-n --dry-run)'{-n,--dry-run}'[Only say what would be done; it'\\''s \\[not\\] done\\: really.]'",
        "'--overwrite=[Which files to replace.]:WHEN:(never if-changed if-newer always)'",
        "'1:SNAPSHOT\\[\\:PATH\\]:(latest)'", "'2::B:'", "'*:PATH:_files'", "'*:REST:_files -/'",
    ])
    func describesArguments(specification: String) {
        #expect(script.contains("\n        \(specification) \\\n") || script.contains("\n        \(specification)\n}"))
    }

    @Test func handsOverToSubcommands() {
        #expect(script.contains("\n            'key:Handle keys.'\n"))
        #expect(script.contains("\n            'rm-many:Remove [several]\\: that'\\''s all.'\n"))
        #expect(script.contains("\n        key) _varve_key ;;\n"))
        #expect(script.contains("\n        add) _varve_key_add ;;\n"))
        #expect(script.contains("\n_varve_rm_many() {\n"))
        let functions = script.split(separator: "\n").filter { $0.hasSuffix("() {") }
        #expect(Set(functions).count == 10)
    }
}

struct FishCompletionTests {
    private let lines = sampleProgram.completionScript(for: .fish).split(separator: "\n").map(String.init)

    @Test(arguments: [
        "complete -c varve -f",
        "complete -c varve -s r -l repo -r -f -a '(__fish_complete_directories (commandline -ct) \"\")' -d 'Where the repository is.'",
        "complete -c varve -l password-file -r -F -d 'Read the password from this file.'",
        "complete -c varve -s q -l quiet -d 'Say nothing but errors.'",
        "complete -c varve -n \"__varve_at \" -a key -d 'Handle keys.'",
        "complete -c varve -n \"__varve_at key\" -a add -d 'Add a key.'",
        "complete -c varve -n \"__varve_at backup\" -s t -l tag -r -f -d 'Put a tag on it.'",
        "complete -c varve -n \"__varve_at backup\" -s n -l dry-run -d 'Only say what would be done; it\\'s [not] done: really.'",
        "complete -c varve -n \"__varve_at backup\" -F",
        "complete -c varve -n \"__varve_at key add\" -s l -l label -r -f -a 'me you' -d 'Whose key it is.'",
        "complete -c varve -n \"__varve_at restore\" -f -a 'latest'",
        "            case '* --repo' '* -r' '* --password-file'", "            case 'key add --label' 'key add -l'",
        "            case 'key add'", "                set command 'key add'",
    ])
    func holds(line: String) { #expect(lines.contains(line)) }
}

/// What bash prints for the script; throws where it fails.
func runBash(_ script: String) throws -> String {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Unexpected(what: "pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
    let words = ["bash", "--norc", "-c", script]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    let code = posix_spawnp(&process, "bash", &actions, nil, &arguments, environ)
    close(ends[1])
    defer { close(ends[0]) }
    guard code == 0 else { throw Unexpected(what: "bash is not there") }
    var output: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4096)
    while case let count = read(ends[0], &part, part.count), count > 0 { output += part[..<count] }
    var status: Int32 = 0
    waitpid(process, &status, 0)
    let text = String(decoding: output, as: UTF8.self)
    guard status == 0 else { throw Unexpected(what: text) }
    return text
}
