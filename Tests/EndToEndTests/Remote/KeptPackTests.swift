import Testing

/// Packs of a remote repository that this machine keeps, so that what changed can be stored as a delta.
@Suite struct KeptPackTests {
    private static let content = Sample.lines(400_000, from: 1)

    /// The content with a byte changed in every other stretch.
    private static func changed(_ number: Int) -> [UInt8] {
        var content = KeptPackTests.content
        for place in stride(from: 20_000 + number, to: content.count, by: 40_000) { content[place] = UInt8(ascii: "x") }
        return content
    }

    private func backUp(_ box: Sandbox, _ content: [UInt8], _ options: String...) throws -> JSONObject {
        let arguments = ["backup", "--json", "--stdin", "a"] + options
        return try box.succeed(arguments: arguments.map { Argument($0) }, input: .bytes(content)).object("summary")
    }

    @Test(arguments: RemoteKind.allCases) func whatChangedIsStoredAsADelta(kind: RemoteKind) throws {
        let box = try Sandbox(at: kind.place(), "--pack-size", "1M")
        _ = try backUp(box, KeptPackTests.content)
        let kept = try #require(box.succeed("cache", "show", "--json").object("cache").number("pack_bytes"))
        #expect(kept > 100_000)
        let delta = try backUp(box, KeptPackTests.changed(1))
        #expect(try #require(delta.number("bytes_saved")) > 0)
        #expect(try box.dump("latest:a") == KeptPackTests.changed(1))
        // Nothing is kept where none is wanted, and nothing is compared with.
        let plain = try backUp(box, KeptPackTests.changed(2), "--pack-cache", "off")
        #expect(plain.number("bytes_saved") == 0)
        #expect(try #require(plain.number("bytes_stored")) > 2 * #require(delta.number("bytes_stored")))
        #expect(try box.dump("latest:a") == KeptPackTests.changed(2))
        try box.succeed("cache", "clear")
        #expect(try box.succeed("cache", "show", "--json").object("cache").number("pack_bytes") == 0)
        try box.checkAll()
    }

    @Test func theLimitMayBeSetInTheEnvironment() throws {
        let box = try Sandbox(at: RemoteKind.s3.place(), isEncrypted: false, "--pack-size", "1M")
        let backup: [Argument] = ["backup", "-q", "--stdin", "a"]
        let content = Sample.random(5 << 20, seed: 8)
        try box.succeed(arguments: backup, input: .bytes(content), environment: ["VARVE_PACK_CACHE": "3M"])
        let kept = try #require(box.succeed("cache", "show", "--json").object("cache").number("pack_bytes"))
        #expect(kept > 1 << 20 && kept <= 3 << 20)
        for text in ["much", "-1", "3X"] {
            let refusal = try box.fail(2, "backup", "--pack-cache=\(text)", "--stdin", "a", input: .bytes([1]))
            #expect(refusal.errors.contains("--pack-cache"))
        }
        try box.fail(2, "snapshots", environment: ["VARVE_PACK_CACHE": "much"])
    }
}
