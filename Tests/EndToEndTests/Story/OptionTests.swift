import Glibc
import Testing

/// Options that the other stories leave out.
@Suite struct OptionTests {
    @Test func everyCompressionLevelComesBack() throws {
        let box = try Sandbox(isEncrypted: false)
        var sizes: [String: Int] = [:]
        for (index, level) in ["off", "fastest", "default", "better", "max", "-5", "22"].enumerated() {
            // Other numbers each time, or nothing would be new.
            let content = Sample.lines(40_000, from: 1_000_000 * (index + 1))
            let backup = try box.succeed(
                "backup", "--json", "--compression", Argument(level), "--stdin", "a", input: .bytes(content))
            sizes[level] = try backup.object("summary").number("bytes_stored")
            #expect(try box.dump("latest:a") == content)
        }
        #expect(try #require(sizes["max"]) < #require(sizes["off"]) / 2)
        for level in ["23", "fast", ""] {
            try box.fail(2, "backup", "--compression", Argument(level), "--stdin", "a", input: .bytes([1]))
        }
        try box.checkAll()
    }

    @Test func deltasAreWrittenWhereTheyAreWanted() throws {
        let box = try Sandbox(isEncrypted: false)
        var sizes: [String: Int] = [:]
        for (index, options) in [["--delta", "off"], ["--delta", "auto"], ["--delta=always"], []].enumerated() {
            var content = Sample.lines(400_000, from: 1_000_000 * (index + 1))
            let arguments = ["backup", "--json", "--stdin", "a\(index)"] + options
            try box.succeed(arguments: arguments.map { Argument($0) }, input: .bytes(content))
            for place in stride(from: 20_000, to: content.count, by: 40_000) { content[place] = UInt8(ascii: "x") }
            let backup = try box.succeed(arguments: arguments.map { Argument($0) }, input: .bytes(content))
            sizes[options.joined()] = try backup.object("summary").number("bytes_stored")
            #expect(try box.dump("latest:a\(index)") == content)
        }
        let plain = try #require(sizes["--deltaoff"])
        for name in ["--deltaauto", "--delta=always", ""] { #expect(try #require(sizes[name]) * 2 < plain) }
        try box.fail(2, "backup", "--delta", "on", "--stdin", "a", input: .bytes([1]))
        try box.fail(2, "backup", "--stdin", "a", input: .bytes([1]), environment: ["VARVE_DELTA": "on"])
        try box.checkAll()
    }

    @Test func aBackupMayBeOfAnotherTime() throws {
        let box = try Sandbox(isEncrypted: false)
        for (time, content) in [("2021-03-04 05:06:07", "old"), ("2020-02-29", "older")] {
            try box.succeed(
                "backup", "-q", "--time", Argument(time), "--stdin", "a", input: .bytes(Array(content.utf8)))
        }
        try box.succeed("backup", "-q", "--stdin", "a", input: .bytes([UInt8(ascii: "n")]))
        let times = try box.snapshots().compactMap { $0.text("time") }
        #expect(times.prefix(2) == ["2020-02-29T00:00:00.000000000Z", "2021-03-04T05:06:07.000000000Z"])
        #expect(times.count == 3 && times[2] > "2026")
        #expect(try box.dump("latest~2:a") == Array("older".utf8))
        #expect(try box.dump("latest:a") == [UInt8(ascii: "n")])
        for time in ["2199-01-01", "yesterday", "", "2021-02-29"] {
            try box.fail(2, "backup", "--time", Argument(time), "--stdin", "a", input: .bytes([1]))
        }
    }

    @Test func incompressibleDataIsNoticed() throws {
        let box = try Sandbox(isEncrypted: false)
        let random = Sample.random(20 << 20, seed: 1)
        let backup = try box.succeed("backup", "--stdin", "a", input: .bytes(random))
        #expect(backup.errors.contains("hardly compresses"))
        let plain = try box.succeed("backup", "--stdin", "b", input: .bytes(Sample.lines(100_000)))
        #expect(plain.errors.isEmpty)
    }

    @Test func repositoriesAreMadeAsAsked() throws {
        let box = try Sandbox("--chunk-size", "16K", "--pack-size", "1M")
        #expect(try JSONObject(box.succeed("cat", "config", "--json").text).number("chunkerBits") == 14)
        let content = Sample.random(5 << 20, seed: 1)
        try box.succeed("backup", "-q", "--stdin", "a", input: .bytes(content))
        #expect(box.packs.count >= 4)
        #expect(box.packs.allSatisfy { $0.size < 4 << 20 })

        // A second tier: its own password, the same keys and chunks.
        let tier = box.path("tier")
        let passwords = ["VARVE_PASSWORD": "another", "VARVE_FROM_PASSWORD": box.password]
        try box.succeed(
            "init", "-q", "--repo", Argument(tier), "--copy-parameters-from", Argument(box.repository),
            environment: passwords)
        #expect(
            try JSONObject(box.succeed("cat", "config", "--repo", Argument(tier), environment: passwords).text)
                .number("chunkerBits") == 14)
        try box.fail(12, "snapshots", "--repo", Argument(tier))
        box.environment["VARVE_REPOSITORY"] = tier
        box.environment["VARVE_PASSWORD"] = "another"
        try box.succeed("backup", "-q", "--stdin", "a", input: .bytes(content))
        #expect(try box.dump("latest:a") == content)
        try box.fail(
            12, "init", "--repo", Argument(box.path("third")), "--copy-parameters-from", Argument(box.repository),
            environment: ["VARVE_FROM_PASSWORD": "wrong"])
        #expect(!Files.exists(box.path("third/config")))
    }

    @Test func parentsAreChosenAndPassedOver() throws {
        let box = try Sandbox(isEncrypted: false)
        let source = try box.makeSmallTree()
        func backup(_ options: Argument...) throws -> JSONObject {
            try box.succeed(arguments: ["backup", "--json", Argument(source)] + options).object("summary")
        }
        let first = try backup()
        let id = try #require(first.text("snapshot_id"))
        let files = try #require(first.number("files"))
        #expect(try backup("--host", "elsewhere").text("parent") == nil)
        let chosen = try backup("--host", "elsewhere", "--parent", Argument(id))
        #expect(chosen.text("parent") == id)
        #expect(chosen.number("files_unchanged") == files)
        let forced = try backup("--force")
        #expect(forced.number("files_unchanged") == 0)
        #expect(forced.number("bytes_new") == 0)
        let missing = try box.fail(1, "backup", Argument(source), "--parent", "0123456789")
        #expect(missing.errors.contains("0123456789"))
    }

    @Test(.enabled(if: Installation.isRoot, "only root can mount a file system"))
    func otherFileSystemsAreNotEntered() throws {
        let box = try Sandbox(isEncrypted: false)
        let source = try box.makeSmallTree()
        let disk = try box.mount("source/disk", size: "1m")
        try Files.write("beyond\n", to: "\(disk)/file")
        try box.succeed("backup", "-q", "--one-file-system", Argument(source))
        let names = try box.succeed("ls", "latest:\(source)").lines
        #expect(names.contains("\(source)/disk") && names.contains("\(source)/script"))
        #expect(!names.contains("\(source)/disk/file"))
        try box.succeed("backup", "-q", Argument(source))
        #expect(try box.dump("latest:\(source)/disk/file") == Array("beyond\n".utf8))
    }

    @Test func readersThatLeaveAndDisksThatAreFull() throws {
        let box = try Sandbox(isEncrypted: false)
        try box.shell("mkdir source; cd source; seq --format='a-name-that-is-rather-long-%.0f' 5000 | xargs touch")
        try box.succeed(
            "backup", "-q", "--stdin", "a", Argument(box.path("source")), input: .bytes(Sample.lines(100_000)))
        // Whoever reads a list has seen enough: that is no failure.
        let head = try box.shell("\"$VARVE\" ls latest 2> told | head -n 1; test ! -s told")
        #expect(head.lines.count == 1)
        // A dump that could not be written out is one.
        let status = try box.shell(
            """
            set +e
            "$VARVE" dump latest:a > /dev/full; echo $?
            "$VARVE" dump latest:a 2> told | head -c 10 > /dev/null; echo ${PIPESTATUS[0]}
            "$VARVE" dump latest:a >&-; echo $?
            """)
        #expect(status.lines == ["1", "1", "1"])
        #expect(status.errors.contains("No space left on device"))
    }
}
