import Testing

/// What operations cost at a remote repository: requests and bytes that do not grow with it.
@Suite struct CostTests {
    private let requestLimit = 20

    @Test(arguments: RemoteKind.allCases) func anUnchangedDumpCostsFewRequests(kind: RemoteKind) throws {
        let box = try Sandbox(at: kind.place())
        let dump = box.path("dump")
        try Files.write(Sample.lines(200_000), to: dump)
        for _ in 0..<3 { try box.succeed("backup", "-q", "--stdin", "dump", input: .file(dump)) }
        let summary = try box.succeed("backup", "--json", "--stdin", "dump", input: .file(dump)).object("summary")
        #expect(summary.number("bytes_new") == 0)
        let traffic = try #require(summary.object("traffic"))
        let requests = try #require(traffic.number("requests"))
        #expect(requests <= requestLimit, "\(requests) requests")
        #expect(try #require(traffic.number("bytes_received")) < 200_000)
        #expect(try #require(traffic.number("bytes_sent")) < 200_000)
    }

    /// One file of 3 KB from a folder among many others, in a repository that grows to many times its size.
    @Test func oneFileCostsTheSameFromALargeRepository() throws {
        let box = try Sandbox(at: RemoteKind.s3.place(), isEncrypted: false)
        let source = box.path("source")
        try box.shell(
            """
            mkdir source; cd source
            for folder in {1..20}; do
                mkdir $folder
                for file in {1..50}; do seq $((folder * file)) $((folder * file + 500)) >$folder/$file; done
            done
            """)
        try box.succeed("backup", "-q", Argument(source))
        let wanted = try Files.read("\(source)/7/42")
        func restore(_ name: String) throws -> (requests: Int, received: Int) {
            let target = box.path(name)
            let traffic = try #require(
                try box.succeed("restore", "--json", Argument("latest:\(source)/7/42"), "--target", Argument(target))
                    .object("summary").object("traffic"))
            #expect(try Files.read("\(target)/42") == wanted)
            return (try #require(traffic.number("requests")), try #require(traffic.number("bytes_received")))
        }
        let small = try restore("small")
        let megabytes = Installation.wantsLargeTests ? 800 : 160
        // Noise, and with it a folder that is unchanged; the last snapshot has both.
        for number in 1...4 {
            try box.succeed(
                "backup", "-q", Argument(source), "--stream",
                Argument(
                    "noise=head -c \(megabytes / 4)000000 /dev/zero | openssl enc -aes-128-ctr -nosalt "
                        + "-K \(String(repeating: "0", count: 31))\(number) -iv \(String(repeating: "0", count: 32))"))
        }
        let large = try restore("large")
        #expect(small.requests <= requestLimit && large.requests <= requestLimit, "\(small), \(large)")
        #expect(small.received <= 4_000_000 && large.received <= 4_000_000, "\(small), \(large)")
        #expect(large.requests <= small.requests + 4, "\(small), \(large)")
    }

    @Test(arguments: [RemoteKind.s3, .rest]) func aPruneReadsNoDataButWhatItRepacks(kind: RemoteKind) throws {
        let box = try Sandbox(at: kind.place(), isEncrypted: false, "--pack-size", "1M")
        let blocks = (0..<24).map { Sample.random(1_000_000, seed: 100 + UInt64($0)) }
        // The first has all blocks, the second a third of them and others.
        let first = blocks.flatMap { $0 }
        let second = blocks.enumerated().filter { $0.offset % 3 == 0 }.flatMap { $0.element }
        for content in [first, second + Sample.random(3_000_000, seed: 200)] {
            try box.succeed("backup", "-q", "--stdin", "a", input: .bytes(content))
        }
        try box.succeed("forget", "-q", "latest~1")
        let prune = try box.succeed("prune", "--json").object("summary")
        let (repacked, unused) = (prune.number("bytes_to_repack") ?? 0, prune.number("bytes_in_unused_packs") ?? 0)
        // Else nothing is shown by it.
        #expect(repacked > 1_000_000 && unused > 4_000_000, "\(repacked), \(unused)")
        let received = try #require(prune.object("traffic")?.number("bytes_received"))
        // The end of each such pack, where its directory is, is read for itself.
        let limit = repacked + (prune.number("packs_to_repack") ?? 0) * (256 << 10) + 300_000
        #expect(received < limit, "\(received) bytes received, \(repacked) repacked")
        #expect(limit < first.count + second.count)
        #expect(try box.dump("latest:a").count == second.count + 3_000_000)
        try box.checkAll()
    }
}
