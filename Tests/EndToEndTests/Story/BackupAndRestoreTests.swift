import Testing

/// From an empty place to restored bytes.
@Suite struct BackupAndRestoreTests {
    @Test func streamsAndPathsMakeOneSnapshot() throws {
        let box = try Sandbox(isInitialized: false)
        let made = try box.succeed("init")
        #expect(made.text.contains("made repository"))
        let again = try box.fail(1, "init")
        #expect(again.errors.contains("there is a repository at \(box.repository) already"))

        let source = try box.makeSmallTree()
        let dump = Sample.lines(100_000)
        let backup = try box.succeed(
            "backup", "--stdin", "dumps/app.sql", "--stream", "users.txt=echo alice; echo bob", "--stream",
            "note.txt=printf hello", "--tag", "nightly,test", "--tag", "small", Argument(source),
            input: .bytes(dump))
        for word in ["snapshot", "saved", "3 streams", "read", "new", "stored", "time"] {
            #expect(backup.text.contains(word))
        }

        let snapshots = try box.snapshots()
        let snapshot = try #require(snapshots.first)
        #expect(snapshots.count == 1)
        #expect(snapshot.texts("tags") == ["nightly", "test", "small"])
        #expect(snapshot.texts("streams") == ["dumps/app.sql", "note.txt", "users.txt"])
        #expect(snapshot.texts("paths") == [source])
        #expect(backup.text.contains(try #require(snapshot.text("short_id"))))

        #expect(try box.dump("latest:dumps/app.sql") == dump)
        #expect(try box.dump("latest:/users.txt") == Array("alice\nbob\n".utf8))
        #expect(try box.dump("latest:note.txt") == Array("hello".utf8))
        #expect(try box.dump("latest:\(source)/notes/today.txt") == Array("remember the milk\n".utf8))

        let restored = box.path("restored")
        let restore = try box.succeed("restore", "latest", "--target", Argument(restored))
        #expect(restore.text.contains("restoring snapshot \(snapshot.text("short_id") ?? "?")"))
        try TreeListing.expectSame(source, restored + source)
        #expect(try Files.read("\(restored)/dumps/app.sql") == dump)
        #expect(try Files.text("\(restored)/note.txt") == "hello")
        try box.succeed("check")
        try box.checkAll()
    }

    @Test func theSecondBackupCostsWhatChanged() throws {
        let box = try Sandbox()
        let source = try box.makeSmallTree()
        try Files.write(Sample.random(4 << 20, seed: 1), to: "\(source)/large")
        let command: [Argument] = ["backup", "--json", "--stdin", "app.sql", Argument(source)]
        let first = try box.succeed(arguments: command, input: .bytes(Sample.lines(200_000))).object("summary")
        let files = try #require(first.number("files"))
        #expect(first.number("files_unchanged") == 0)
        #expect(first.text("parent") == nil)

        try Files.write("changed\n", to: "\(source)/notes/today.txt")
        let dump = Sample.lines(100_000) + Array("a new row\n".utf8) + Sample.lines(100_000, from: 100_000)
        let second = try box.succeed(arguments: command, input: .bytes(dump)).object("summary")
        #expect(second.text("parent") == first.text("snapshot_id"))
        // All but the stream and the file that was written to.
        #expect(second.number("files_unchanged") == files - 2)
        let new = try #require(second.number("bytes_new"))
        let stored = try #require(second.number("bytes_stored"))
        #expect(new > 0 && new < 512 << 10)
        #expect(stored < 512 << 10)
        #expect(try box.dump("latest:app.sql") == dump)
        #expect(try box.dump("latest:\(source)/notes/today.txt") == Array("changed\n".utf8))

        // The first is as it was.
        let id = try #require(first.text("snapshot_id"))
        #expect(try box.dump("\(id):app.sql") == Sample.lines(200_000))
        #expect(try box.dump("\(id.prefix(6)):\(source)/notes/today.txt") == Array("remember the milk\n".utf8))
    }

    @Test func partsAreRestored() throws {
        let box = try Sandbox(isEncrypted: false)
        let source = try box.makeSmallTree()
        try box.succeed("backup", "--quiet", "--stream", "s=echo stream", Argument(source))

        // A folder: what is in it, right below the target.
        try box.succeed("restore", "latest:\(source)/notes", "--target", Argument(box.path("folder")))
        #expect(try Files.text(box.path("folder/today.txt")) == "remember the milk\n")
        // A file and a stream: by their names.
        try box.succeed("restore", "latest:\(source)/notes/today.txt", "--target", Argument(box.path("file")))
        #expect(try Files.text(box.path("file/today.txt")) == "remember the milk\n")
        try box.succeed("restore", "latest:s", "--target", Argument(box.path("stream")))
        #expect(try Files.text(box.path("stream/s")) == "stream\n")

        try box.succeed("restore", "latest", "--target", Argument(box.path("some")), "--include", "today.txt")
        #expect(Files.below(box.path("some")).map(\.path) == [box.path("some\(source)/notes/today.txt")])
        try box.succeed("restore", "latest", "--target", Argument(box.path("rest")), "--exclude", "today.txt")
        #expect(!Files.exists(box.path("rest\(source)/notes/today.txt")))
        #expect(Files.exists(box.path("rest\(source)/script")))

        let nothing = try box.fail(1, "restore", "latest:/not/there", "--target", Argument(box.path("nothing")))
        #expect(nothing.errors.contains("/not"))
        #expect(!Files.exists(box.path("nothing")))
    }

    @Test func whatExistsIsTreatedAsAsked() throws {
        let box = try Sandbox()
        let source = try box.makeSmallTree()
        let content = Sample.random(3 << 20, seed: 2)
        try Files.write(content, to: "\(source)/large")
        try box.succeed("backup", "--quiet", Argument(source))
        let target = box.path("target")
        let restore: [Argument] = ["restore", "latest:\(source)", "--target", Argument(target), "--json"]
        try box.succeed(arguments: restore)

        var changed = content
        changed[1 << 20] ^= 1
        try Files.write(changed, to: "\(target)/large")
        try Files.write("mine\n", to: "\(target)/notes/today.txt")
        try Files.write("not in the snapshot\n", to: "\(target)/own")
        // The folder is not empty any more: nothing that exists is touched.
        try box.succeed(arguments: restore)
        #expect(try Files.text("\(target)/notes/today.txt") == "mine\n")
        #expect(try Files.read("\(target)/large") == changed)

        let summary = try box.succeed(arguments: restore + ["--overwrite", "if-changed", "--verify"]).object("summary")
        #expect(try Files.read("\(target)/large") == content)
        #expect(try Files.text("\(target)/notes/today.txt") == "remember the milk\n")
        #expect(try Files.text("\(target)/own") == "not in the snapshot\n")
        let written = try #require(summary.number("bytes_written"))
        #expect(written < 1 << 20, "only what differs is written")
        let verified = try #require(summary.number("verified"))
        #expect(verified > 0)
    }

    @Test func foldersAreDumpedAsArchives() throws {
        let box = try Sandbox(isEncrypted: false)
        let source = try box.makeSmallTree()
        try box.succeed("backup", "--quiet", Argument(source))
        try box.shell("mkdir unpacked; \"$VARVE\" dump --archive tar latest:\(source) > archive.tar")
        try box.shell("tar -x -p --numeric-owner -f archive.tar -C unpacked")
        let found = try box.shell("find unpacked -name today.txt").text
        let root = box.path(String(found.dropLast("/notes/today.txt\n".count)))
        try TreeListing.expectSame(source, root, [.modes, .owners])
        let refused = try box.fail(2, "dump", "latest:\(source)")
        #expect(refused.errors.contains("--archive tar"))
    }

    @Test func snapshotsAreFoundByWhatTheyAre() throws {
        let box = try Sandbox(isEncrypted: false)
        try box.succeed("backup", "-q", "--stream", "a=echo 1", "--tag", "x", "--host", "one")
        try box.succeed("backup", "-q", "--stream", "a=echo 2", "--tag", "x,y", "--host", "two")
        try box.succeed("backup", "-q", "--stream", "b=echo 3", "--tag", "y", "--host", "two")
        func ids(_ options: Argument...) throws -> [String] {
            try box.succeed(arguments: ["snapshots", "--json"] + options).objects().compactMap { $0.text("id") }
        }
        let all = try ids()
        #expect(all.count == 3)
        #expect(try ids("--host", "one") == [all[0]])
        #expect(try ids("--tag", "x") == Array(all[...1]))
        #expect(try ids("--tag", "x", "--tag", "y") == [all[1]])
        #expect(try ids("--path", "a") == Array(all[...1]))
        #expect(try ids("--latest", "1") == [all[2]])
        #expect(try ids("--latest", "1", "--group-by", "host") == [all[0], all[2]])
        #expect(try ids("latest") == [all[2]])
        #expect(try ids(Argument(String(all[0].prefix(8)))) == [all[0]])
        #expect(try box.dump("latest:a", options: ["--host", "one"]) == Array("1\n".utf8))
        #expect(try box.dump("latest:a", options: ["--tag", "x"]) == Array("2\n".utf8))
        try box.fail(1, "dump", "latest:a", "--host", "three")
    }

    @Test func excludedFilesStayOut() throws {
        let box = try Sandbox(isEncrypted: false)
        let source = try box.makeSmallTree()
        try box.shell(
            """
            cd source; mkdir cache build; echo x > cache/x; echo x > build/main.O; echo x > build/main.c; echo x > skip.me
            printf 'Signature: 8a477f597d28d172789f06886806bc55\\n' > cache/CACHEDIR.TAG
            printf '# a comment\\n*.me\\n' > ../patterns
            """)
        try box.succeed(
            "backup", "-q", Argument(source), "--exclude", "today.*", "--iexclude", "*.o", "--exclude-caches",
            "--exclude-file", Argument(box.path("patterns")))
        let names = try box.succeed("ls", "latest:\(source)").lines
        for name in ["/notes/today.txt", "/cache/x", "/build/main.O", "/skip.me"] {
            #expect(!names.contains(source + name))
        }
        for name in ["/notes", "/build/main.c", "/script"] { #expect(names.contains(source + name)) }
    }
}

extension Sandbox {
    /// Makes a few files of ordinary kinds; gives the folder.
    func makeSmallTree() throws -> String {
        try shell(
            """
            mkdir source source/notes source/empty
            echo 'remember the milk' > source/notes/today.txt
            printf '#!/bin/sh\\n' > source/script; chmod 755 source/script
            : > source/nothing; chmod 600 source/nothing
            ln -s notes/today.txt source/link
            ln source/script source/same
            touch -d '2001-02-03 04:05:06.123456789Z' source/notes/today.txt source/empty
            chmod 750 source/notes
            """)
        return path("source")
    }

    /// The bytes of a stream or file in a snapshot that options choose.
    func dump(
        _ name: Argument, options: [Argument], sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> [UInt8] {
        try succeed(arguments: ["dump", name] + options, sourceLocation: sourceLocation).output
    }
}
