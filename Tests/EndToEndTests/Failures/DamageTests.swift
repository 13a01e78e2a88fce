import Glibc
import SeededData
import Testing

/// Repositories in which something is not as it was written. None of it may pass unseen, and none may end in a crash.
@Suite struct DamageTests {
    private static let content = Sample.random(300_000, seed: 21)

    /// A repository with a stream and a folder.
    private func sandbox(isEncrypted: Bool = true) throws -> (box: Sandbox, source: String) {
        let box = try Sandbox(isEncrypted: isEncrypted)
        let source = try box.makeSmallTree()
        try box.succeed("backup", "-q", "--stdin", "a", Argument(source), input: .bytes(DamageTests.content))
        return (box, source)
    }

    /// The pack that holds the content of the stream: the largest.
    private func dataPack(_ box: Sandbox) throws -> (path: String, size: Int) {
        try #require(box.packs.max { $0.size < $1.size })
    }

    /// Changes a bit in the middle of a file.
    private func flip(_ path: String, at share: Double = 0.5) throws {
        var content = try Files.read(path)
        content[min(content.count - 1, Int(Double(content.count) * share))] ^= 0x10
        chmod(path, 0o600)
        try Files.write(content, to: path)
    }

    @Test(arguments: [true, false]) func aFlippedBitIsFoundWhereverItIs(isEncrypted: Bool) throws {
        let (box, _) = try sandbox(isEncrypted: isEncrypted)
        var random = SeededRandom(seed: 22)
        for file in Files.below(box.repository) where file.size > 0 {
            let original = try Files.read(file.path)
            try flip(file.path, at: Double.random(in: 0..<1, using: &random))
            let outcome = try box.run(arguments: ["check", "--read-data", "--no-record"])
            // A key slot that is damaged is one that the password does not open.
            #expect([1, 12, 13].contains(outcome.code), "\(file.path): \(outcome.code) \(outcome.errors)")
            #expect(!outcome.errors.isEmpty)
            // What is read in spite of it is right, or it is not given.
            let dump = try box.run(arguments: ["dump", "--no-cache", "latest:a"])
            #expect(dump.code < 128, "\(file.path): \(dump.errors)")
            #expect(DamageTests.content.starts(with: dump.output), "\(file.path)")
            if dump.code == 0 { #expect(dump.output == DamageTests.content, "\(file.path)") }
            try Files.write(original, to: file.path)
        }
        try box.checkAll()
    }

    @Test func truncatedAndEmptyObjectsAreFound() throws {
        let (box, _) = try sandbox(isEncrypted: false)
        for file in Files.below(box.repository) where file.size > 0 {
            let original = try Files.read(file.path)
            chmod(file.path, 0o600)
            // The last byte but one: the last of the configuration is the end of its line, and says nothing.
            for length in [0, 1, original.count / 2, original.count - 2] {
                try Files.write(Array(original[..<length]), to: file.path)
                let outcome = try box.run(arguments: ["check", "--read-data", "--no-record"])
                #expect(
                    [1, 12, 13].contains(outcome.code), "\(file.path), \(length): \(outcome.code) \(outcome.errors)")
            }
            try Files.write(original, to: file.path)
        }
        try box.checkAll()
    }

    @Test func aDamagedFileIsNamedAndTheOthersComeBack() throws {
        let (box, source) = try sandbox()
        let other = Sample.random(200_000, seed: 23)
        try Files.write(other, to: "\(source)/other")
        try box.succeed("backup", "-q", "--stdin", "a", Argument(source), input: .bytes(DamageTests.content))
        let pack = try dataPack(box)
        try flip(pack.path)

        let check = try box.fail(13, "check", "--read-data")
        let name = try #require(pack.path.split(separator: "/").last)
        #expect(check.errors.contains(name.prefix(8)))
        let dump = try box.fail(13, "dump", "latest:a")
        #expect(DamageTests.content.starts(with: dump.output) && dump.output.count < DamageTests.content.count)

        let target = box.path("out")
        let restore = try box.fail(13, "restore", "latest", "--target", Argument(target))
        #expect(restore.errors.contains("/a:"))
        #expect(!Files.exists("\(target)/a"))
        #expect(Files.exists("\(target)/a.damaged"))
        #expect(try Files.read(target + source + "/other") == other)
        #expect(try Files.text(target + source + "/notes/today.txt") == "remember the milk\n")
        let json = try box.run(arguments: ["restore", "latest", "--json", "--target", Argument(box.path("again"))])
        #expect(json.code == 13)
        let failure = try json.object("failure")
        #expect(failure.text("path") == "/a" && failure.isTrue("damaged"))
    }

    @Test func aMissingPackIsFoundWithoutReadingData() throws {
        let (box, _) = try sandbox()
        let pack = try dataPack(box)
        let content = try Files.read(pack.path)
        unlink(pack.path)
        let check = try box.fail(13, "check")
        let name = try #require(pack.path.split(separator: "/").last)
        #expect(check.errors.contains(name.prefix(8)))
        try box.fail(13, "dump", "latest:a")
        try box.run(arguments: ["restore", "latest", "--target", Argument(box.path("out"))]).expect(
            13, sourceLocation: #_sourceLocation)

        // The next backup stores again what is not there any more, and all is well.
        try box.succeed("backup", "-q", "--stdin", "a", input: .bytes(DamageTests.content))
        #expect(try box.dump("latest:a") == DamageTests.content)
        try Files.write(content, to: pack.path)
        try box.checkAll()
    }

    @Test func swappedObjectsAreFound() throws {
        let (box, _) = try sandbox()
        let packs = box.packs
        #expect(packs.count >= 2)
        let one = try Files.read(packs[0].path)
        let other = try Files.read(packs[1].path)
        for pack in packs { chmod(pack.path, 0o600) }
        try Files.write(other, to: packs[0].path)
        try Files.write(one, to: packs[1].path)
        try box.fail(13, "check", "--read-data")
        let dump = try box.run(arguments: ["dump", "latest:a"])
        #expect(dump.code == 13 || dump.code == 0 && dump.output == DamageTests.content, "\(dump.code)")
    }

    @Test func aNewerFormatIsRefused() throws {
        let (box, _) = try sandbox(isEncrypted: false)
        let path = "\(box.repository)/config"
        let text = try Files.text(path)
        chmod(path, 0o600)
        try Files.write(text.replacing("\"version\" : 1", with: "\"version\" : 2"), to: path)
        let version = try box.fail(1, "snapshots")
        #expect(version.errors.contains("version 2") || version.errors.contains("newer"), "\(version.errors)")
        try Files.write("{ \"format\" : \"something else\" }", to: path)
        try box.fail(13, "snapshots")
    }

    @Test func foreignFilesAreLeftAlone() throws {
        let (box, _) = try sandbox()
        try box.shell(
            """
            cd repository; for folder in . data data/00 index keys locks snapshots tmp; do
                echo mine > $folder/README; mkdir $folder/lost+found; echo mine > $folder/.DS_Store
            done
            """)
        try box.succeed("backup", "-q", "--stream", "b=echo b")
        try box.checkAll()
        #expect(try box.snapshots().count == 2)
        #expect(Files.below(box.repository).filter { $0.path.hasSuffix("/README") }.count == 8)
    }
}
