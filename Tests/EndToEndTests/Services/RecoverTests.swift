import Glibc
import Testing

enum RecoverTool {
    static let path = Installation.tool("varve-recover")

    /// Whether it finds all that it imports.
    static let isUsable: Bool = {
        guard let box = try? Sandbox(isInitialized: false) else { return false }
        return (try? box.start([Argument(path), "--help"]).wait().code) == 0
    }()
}

/// `tools/varve-recover`, which was written from the specification alone, restores what varve wrote.
@Suite(.enabled(if: RecoverTool.isUsable, "\(RecoverTool.path) does not run: ./tools/install-dependencies test"))
struct RecoverTests {
    /// Runs the tool; the words after the repository.
    @discardableResult
    private func recover(
        _ box: Sandbox, _ arguments: Argument..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Outcome {
        let outcome = try box.start([Argument(RecoverTool.path), Argument(box.repository)] + arguments).wait()
        outcome.expect(0, sourceLocation: sourceLocation)
        return outcome
    }

    @Test(arguments: [true, false]) func bothRestoreTheSame(isEncrypted: Bool) throws {
        let box = try Sandbox(isEncrypted: isEncrypted)
        let source = try box.makeTreeOfAllKinds()
        let stream = Sample.lines(150_000) + Sample.random(3 << 20, seed: 1)
        try box.succeed("backup", "-q", "--stdin", "db/app.sql", "--tag", "x", Argument(source), input: .bytes(stream))
        let changed = stream + Array("one more\n".utf8)
        try box.succeed("backup", "-q", "--stdin", "db/app.sql", Argument(source), input: .bytes(changed))
        let ids = try box.snapshots().compactMap { $0.text("id") }

        #expect(try recover(box, "dump", "latest:db/app.sql").output == changed)
        #expect(try recover(box, "dump", "\(ids[0]):db/app.sql").output == stream)
        let listed = try recover(box, "snapshots").text
        for id in ids { #expect(listed.contains(id.prefix(8))) }

        let ours = box.path("ours")
        let theirs = box.path("theirs")
        try box.succeed("restore", "latest", "--target", Argument(ours))
        try recover(box, "restore", "latest", Argument(theirs))
        for restored in [ours + source, theirs + source] {
            try TreeListing.expectSame(source, restored)
            #expect(try box.attributes(below: restored) == box.attributes(below: source))
        }
        try box.shell("diff --recursive --no-dereference \(ours)/db \(theirs)/db")

        try recover(box, "verify")
        let rebuilt = try box.start([
            Argument(RecoverTool.path), "--rebuild-index", Argument(box.repository), "dump", "latest:db/app.sql",
        ]).wait()
        #expect(rebuilt.output == changed)
    }

    @Test func whatWasRotatedIsRead() throws {
        let box = try Sandbox()
        let first = Sample.lines(20_000)
        let second = first + Sample.random(1 << 20, seed: 2)
        try box.succeed("backup", "-q", "--stdin", "db", input: .bytes(first))
        let ids = try box.snapshots().compactMap { $0.text("id") }
        for _ in 0..<2 { try box.succeed("key", "rotate", "-q") }
        try box.succeed("backup", "-q", "--stdin", "db", input: .bytes(second))
        #expect(try recover(box, "dump", "\(ids[0]):db").output == first)
        #expect(try recover(box, "dump", "latest:db").output == second)
        try recover(box, "verify")
    }

    @Test func aWrongPasswordOpensNothing() throws {
        let box = try Sandbox()
        try box.succeed("backup", "-q", "--stream", "a=echo a")
        let outcome = try box.start(
            [Argument(RecoverTool.path), Argument(box.repository), "dump", "latest:a"],
            environment: ["VARVE_PASSWORD": "wrong"]
        ).wait()
        #expect(outcome.code == 12)
        #expect(outcome.output.isEmpty)
    }
}

extension Sandbox {
    /// Makes entries of all kinds, with all the metadata that they can have; what needs root only as root.
    func makeTreeOfAllKinds() throws -> String {
        try shell(
            """
            mkdir source; cd source
            mkdir -p folder/empty 'with space' restricted
            printf 'some content\\n' > folder/file; : > nothing; head -c 300000 /dev/urandom > folder/large
            printf x > $'new\\nline'; printf y > $'\\xff\\xfe'; printf z > 'ü'
            ln -s folder/file relative; ln -s /etc/hostname absolute; ln -s no/where dangling; ln -s $'\\xfe' bytes
            ln folder/file 'with space/same'; ln folder/large large-too
            mkfifo fifo; chmod 620 fifo
            truncate -s 10M sparse; printf middle | dd of=sparse bs=1M seek=5 conv=notrunc status=none
            setfattr -n user.colour -v blue folder/file; setfattr -n user.binary -v 0x00ff00 folder
            setfacl -m u:65534:r,g:65534:rw folder/large; setfacl -d -m u:65534:rx folder/empty
            chmod 4755 nothing; chmod 1777 'with space'; chmod 2750 restricted; chmod 400 sparse
            if ((EUID == 0)); then
                mknod character c 1 3; mknod block b 7 9
                chown 1234:5678 folder/file; chown -h 4321:8765 relative; setfattr -n trusted.note -v root folder/large
            fi
            touch -h -d '1999-12-31 23:59:59.987654321Z' relative dangling
            touch -d '1960-01-02 03:04:05.000000001Z' nothing; touch -d '2040-05-06 07:08:09.5Z' folder/large
            touch -d '2011-11-11 11:11:11.111111111Z' folder restricted folder/empty
            """)
        return path("source")
    }
}
