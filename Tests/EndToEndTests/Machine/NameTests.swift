import Testing

/// Names and paths that nobody would choose.
@Suite struct NameTests {
    @Test func pathsThatAreMissing() throws {
        let box = try Sandbox(isEncrypted: false)
        let all = try box.fail(1, "backup", "/no/such/path", "/nor/this")
        #expect(all.errors.contains("/no") && all.errors.contains("/nor") && all.errors.contains("no snapshot is made"))
        #expect(try box.snapshots().isEmpty)

        let source = try box.makeSmallTree()
        let one = try box.fail(3, "backup", "--json", "/no/such/path", Argument(source))
        #expect(one.errors.contains("/no/such/path") || one.errors.contains("/no"))
        #expect(try one.object("summary").number("errors") == 1)
        #expect(try box.snapshots().count == 1)
        #expect(try box.dump("latest:\(source)/notes/today.txt") == Array("remember the milk\n".utf8))

        // A stream does not make up for a path, but it is saved.
        try box.fail(3, "backup", "--stream", "s=echo s", "/no/such/path")
        #expect(try box.dump("latest:s") == Array("s\n".utf8))
        try box.fail(2, "backup", "")
    }

    @Test(arguments: ["", "/", ".", "..", "a/../b", "/a", "a/", "a//b", "./a", String(repeating: "n", count: 256)])
    func streamNamesThatCannotBe(name: String) throws {
        let box = try Sandbox(isEncrypted: false)
        let input = try box.fail(2, "backup", "--stdin", Argument(name), input: .bytes([1]))
        #expect(input.errors.contains("cannot name a stream"))
        try box.fail(2, "backup", "--stream", "\(name)=echo 1")
        #expect(try box.snapshots().isEmpty)
    }

    @Test func streamNamesThatCollide() throws {
        let box = try Sandbox(isEncrypted: false)
        let source = try box.makeSmallTree()
        let cases: [[Argument]] = [
            ["--stream", "a=echo 1", "--stream", "a=echo 2"], ["--stream", "a=echo 1", "--stream", "a/b=echo 2"],
            ["--stream", "a=echo 1", "--stdin", "a"],
            ["--stream", "\(source.dropFirst())/notes/today.txt=echo 1", Argument(source)],
            ["--stream", "\(source.split(separator: "/")[0])=echo 1", Argument(source)],
        ]
        for arguments in cases {
            let outcome = try box.run(arguments: ["backup"] + arguments, input: .bytes([1]))
            #expect(outcome.code == 2, "\(outcome.name): \(outcome.errors)")
        }
        #expect(try box.snapshots().isEmpty)
    }

    @Test func streamsOfAnyLength() throws {
        let box = try Sandbox(isEncrypted: false)
        // Around the least, the mean and the greatest length of a chunk at 32 KiB, and one byte.
        let lengths = [1, 8192, 16384, 32768, 65536, 131_072, 262_144, 1 << 20].flatMap { [$0 - 1, $0, $0 + 1] }
        for length in Set(lengths).filter({ $0 > 0 }).sorted() {
            let content = length % 2 == 0 ? Sample.random(length, seed: 6) : [UInt8](repeating: 7, count: length)
            try box.succeed("backup", "-q", "--stdin", "a", input: .bytes(content))
            #expect(try box.dump("latest:a") == content, "\(length) bytes")
        }
        try box.checkAll()
    }

    @Test func namesAreBytes() throws {
        let box = try Sandbox(isEncrypted: false)
        try box.shell(
            """
            mkdir source; cd source
            for name in $'new\\nline' $'tab\\there' $'\\xff\\xfe' $'caf\\xe9' 'café' $'cafe\\u0301' ' blank ' '-rf' '*' '"' \\
                '\\' $'\\e[31mred' "$(printf 'é%.0s' {1..127})"; do
                printf '%s' "$name" > "./$name"; mkdir "./d$name"; printf '%s' "$name" > "./d$name/inside"
            done
            ln -s $'\\xff\\xfe' $'link\\xfe'
            """)
        let source = box.path("source")
        try box.succeed("backup", "-q", Argument(source))
        try box.succeed("restore", "latest:\(source)", "--target", Argument(box.path("out")))
        try TreeListing.expectSame(source, box.path("out"))
        let before = try TreeListing(source)
        #expect(before.contents.count == 26)

        // What is shown stays on its line and does not steer the terminal.
        let shown = try box.succeed("ls", "latest:\(source)")
        #expect(shown.lines.count == before.lines.count)
        #expect(!shown.output.contains(0x1b))
        #expect(String(validating: shown.output, as: UTF8.self) != nil)
        // Names on the command line are bytes, those of paths and of streams.
        let bytes = Argument(bytes: Array("latest:\(source)/".utf8) + [0xff, 0xfe])
        #expect(try box.dump(bytes) == [0xff, 0xfe])
        try box.succeed(
            "backup", "-q", Argument(bytes: Array("\(source)/d".utf8) + [0xff, 0xfe]), "--stdin",
            Argument(bytes: [0x66, 0xf0, 0x0a]), input: .bytes([9]))
        #expect(try box.dump(Argument(bytes: Array("latest:".utf8) + [0x66, 0xf0, 0x0a])) == [9])
        let inside = Array("latest:\(source)/d".utf8) + [0xff, 0xfe] + Array("/inside".utf8)
        #expect(try box.dump(Argument(bytes: inside)) == [0xff, 0xfe])
        for snapshot in try box.snapshots() { #expect(snapshot.texts("paths")?.count == 1) }
    }

    @Test func deepPathsComeBack() throws {
        let box = try Sandbox(isEncrypted: false)
        // Deeper than the 4,096 bytes that one system call takes.
        try box.shell(
            """
            name=$(printf 'd%.0s' {1..255}); mkdir source; cd source
            for level in {1..20}; do mkdir "$name"; cd "$name"; echo "level $level" > file; done
            touch -d '2002-02-02 02:02:02.2Z' . file
            """)
        let source = box.path("source")
        try box.succeed("backup", "-q", Argument(source))
        try box.succeed("restore", "latest:\(source)", "--target", Argument(box.path("out")))
        let list = "find . -mindepth 1 -printf '%P %y %m %T@ %s\\n'; find . -name file -execdir cat {} +"
        #expect(try box.shell("cd source; \(list)").lines == (try box.shell("cd out; \(list)").lines))
        try box.checkAll()

        // As an argument: one that is just within the limit, and one that is beyond it.
        let name = String(repeating: "d", count: 255)
        let within = source + String(repeating: "/\(name)", count: 15) + "/"
        let edge = String(repeating: "e", count: 4095 - within.utf8.count)
        try box.shell("cd source; for level in {1..15}; do cd */; done; echo edge > \(edge)")
        try box.succeed("backup", "-q", Argument(within + edge))
        #expect(try box.dump("latest:\(within)\(edge)") == Array("edge\n".utf8))
        let beyond = source + String(repeating: "/\(name)", count: 20) + "/file"
        let outcome = try box.run(arguments: ["backup", "-q", Argument(beyond)])
        #expect(outcome.code == 0 || outcome.code == 1, "\(outcome.errors)")
        if outcome.code == 0 { #expect(try box.dump("latest:\(beyond)") == Array("level 20\n".utf8)) }
    }

    @Test func fifosAreEntriesAndDoNotBlock() throws {
        let box = try Sandbox(isEncrypted: false)
        try box.shell("mkdir source; mkfifo -m 640 source/fifo; echo x > source/file; ln -s fifo source/link")
        let source = box.path("source")
        try box.succeed("backup", "-q", Argument(source), Argument("\(source)/fifo"))
        try box.succeed("backup", "-q", Argument("\(source)/fifo"))
        let node = try box.succeed("ls", "--json", "latest:\(source)/fifo").objects().last
        #expect(node?.text("type") == "fifo")
        let first = try #require(try box.snapshots().first?.text("id"))
        try box.succeed("restore", "\(first):\(source)", "--target", Argument(box.path("out")))
        try TreeListing.expectSame(source, box.path("out"))
        // It is nothing that could be written out.
        let refused = try box.run(arguments: ["dump", "latest:\(source)/fifo"])
        #expect(refused.code != 0 && refused.code < 128)
    }
}
