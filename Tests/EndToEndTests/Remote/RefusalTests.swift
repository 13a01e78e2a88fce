import FileIO
import TestServers
import Testing

/// What is said where a place cannot be used, and what a server that only adds does to backups and prunes.
@Suite struct RefusalTests {
    // MARK: What leads nowhere

    @Test(arguments: S3Slip.allCases) func aSlipWithS3IsTold(slip: S3Slip) throws {
        var place = RemotePlace.s3(try .sharedOpenStackSwift(), prefix: "refused")
        let secret = "a-secret-\(UInt64.random(in: 1 << 60 ... .max))"
        place.secrets.append(secret)
        let (code, part) = try slip.make(&place, secret: secret)
        try expectRefusal(at: place, code, part)
    }

    enum S3Slip: CaseIterable {
        case secret, key, noRights, bucket, repository, port, host

        /// Gives the exit code, and a part of the message.
        func make(_ place: inout RemotePlace, secret: String) throws -> (Int32, String) {
            switch self {
            case .secret:
                place.variables["AWS_SECRET_ACCESS_KEY"] = secret
                return (1, "check AWS_SECRET_ACCESS_KEY")
            case .key:
                place.variables["AWS_ACCESS_KEY_ID"] = "test:nobody"
                // This server tells neither from the other.
                return (1, "access key test:nobody")
            case .noRights:
                place.variables["AWS_ACCESS_KEY_ID"] = "test:guest"
                place.variables["AWS_SECRET_ACCESS_KEY"] = "guesting"
                return (1, "let a policy allow access key test:guest")
            case .bucket:
                place.location = place.location.replacing("varve-flows", with: "no-such-bucket")
                // `init` would make it.
                return (10, "there is no repository")
            case .repository:
                place.location += "/nothing"
                return (10, "there is no repository")
            case .port:
                let port = try LoopbackPort.free()
                place.location = "s3:http://127.0.0.1:\(port)/bucket/prefix"
                return (1, "check host and port")
            case .host:
                place.location = "s3:http://no-such-host.invalid/bucket/prefix"
                return (1, "check the host")
            }
        }
    }

    @Test func aWrongPasswordOfARESTServerIsTold() throws {
        var place = try RemoteServers.rest.get().place("refused")
        let secret = "a-secret-\(UInt64.random(in: 1 << 60 ... .max))"
        place.variables["VARVE_REST_PASSWORD"] = secret
        place.secrets.append(secret)
        try expectRefusal(at: place, 1, "the server refuses the user or the password")
        place.variables = [:]
        place.location = place.location.replacing("http://", with: "http://someone:\(secret)@")
        try expectRefusal(at: place, 1, "the server refuses the user or the password")
    }

    @Test func aRepositoryThatIsNotThereIsTold() throws {
        for kind in [RemoteKind.rest, .sftp, .rclone] {
            try expectRefusal(at: try kind.place(), 10, "there is no repository")
        }
    }

    @Test func anSSHThatCannotConnectIsTold() throws {
        let server = try RemoteServers.ssh.get()
        var place = RemotePlace.sftp(server, "refused")
        place.variables["VARVE_SSH"] = server.command(key: "wrong_key")
        try expectRefusal(at: place, 1, "Permission denied")
        place.variables["VARVE_SSH"] = server.command(hosts: "no_hosts")
        try expectRefusal(at: place, 1, "ssh")
        place.variables["VARVE_SSH"] = "/nonexistent/ssh"
        try expectRefusal(at: place, 1...2, "/nonexistent/ssh")
    }

    @Test func aRemoteThatRcloneDoesNotKnowIsTold() throws {
        var place = try RemoteKind.rclone.place()
        place.location = "rclone:nowhere:path"
        try expectRefusal(at: place, 1, "nowhere")
    }

    private func expectRefusal(
        at place: RemotePlace, _ code: Int32, _ part: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws { try expectRefusal(at: place, code...code, part, sourceLocation: sourceLocation) }

    /// Expects it of people's output and of programs', and that no secret is shown.
    private func expectRefusal(
        at place: RemotePlace, _ codes: ClosedRange<Int32>, _ part: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let box = try Sandbox(at: place, isInitialized: false)
        let outcome = try box.run(arguments: ["snapshots", "--verbose"])
        #expect(codes.contains(outcome.code), "\(outcome.code): \(outcome.errors)", sourceLocation: sourceLocation)
        #expect(outcome.errors.contains(part), "\(outcome.errors)", sourceLocation: sourceLocation)
        #expect(!outcome.errors.contains("\(box.folder)/tmp"), sourceLocation: sourceLocation)
        let json = try box.run(arguments: ["backup", "--json", "--stream", "a=echo a"])
        let error = try JSONObject(try #require(json.errorLines.last, sourceLocation: sourceLocation))
        #expect(error.type == "error" && error.number("exit_code") == Int(json.code), sourceLocation: sourceLocation)
        #expect(codes.contains(json.code), sourceLocation: sourceLocation)
        try box.expectDiscretion()
    }

    // MARK: A server that only adds

    @Test func aServerThatOnlyAddsKeepsWhatIsForgotten() throws {
        let keeping = try RESTServer("--append-only")
        let place = keeping.place("db1")
        let box = try Sandbox(at: place, isEncrypted: false, "--pack-size", "1M")
        for seed in 1...3 {
            try box.succeed("backup", "-q", "--stdin", "a", input: .bytes(Sample.random(3 << 20, seed: UInt64(seed))))
        }
        let packs = try box.listPacks()
        let refused = try box.succeed("forget", "--keep-last", "1")
        #expect(refused.errors.contains("is retained by the storage, tried again next time"))
        #expect(refused.text.contains("removed 0 snapshots"))
        let summary = try box.succeed("forget", "--keep-last", "1", "--json").object("summary")
        #expect(summary.number("removed") == 0 && summary.texts("retained")?.count == 2)
        #expect(try box.snapshots().count == 3)
        let prune = try box.succeed("prune", "--json", "--max-unused", "0").object("summary")
        #expect(prune.number("packs_deleted") == 0)
        #expect(try box.listPacks().count >= packs.count)
        try box.succeed("backup", "-q", "--stdin", "a", input: .bytes(Sample.random(1 << 20, seed: 4)))
        try box.checkAll()

        // Its own people have another server over the same folder.
        let folder = try #require(place.folder)
        let storage = String(folder.prefix(folder.count - "/db1".count))
        let deleting = try RESTServer(storage: storage, isOpen: true)
        box.environment["VARVE_REPOSITORY"] = deleting.place("db1").location
        let done = try box.succeed(
            "forget", "--keep-last", "1", "--prune", "--max-unused", "0", "--json"
        ).objects().filter { $0.type == "summary" }
        #expect(done.first?.number("removed") == 3)
        #expect(try #require(done.last?.number("packs_deleted")) > 0)
        #expect(try box.snapshots().count == 1)
        let left = Files.below("\(folder)/data").map(\.size).reduce(0, +)
        #expect(left < 2 << 20)
        try box.checkAll()
        withExtendedLifetime(keeping) {}
    }

    /// What a prune over a server that only adds may not delete stands there, is told, and goes later.
    @Test func aPruneReportsWhatIsRetained() throws {
        let keeping = try RESTServer("--append-only")
        let place = keeping.place("db1")
        let box = try Sandbox(at: place, isEncrypted: false, "--pack-size", "1M")
        for seed in 1...2 {
            try box.succeed("backup", "-q", "--stdin", "a", input: .bytes(Sample.random(3 << 20, seed: UInt64(seed))))
        }
        let folder = try #require(place.folder)
        let deleting = try RESTServer(storage: String(folder.prefix(folder.count - "/db1".count)), isOpen: true)
        try box.succeed("-r", Argument(deleting.place("db1").location), "forget", "-q", "--keep-last", "1")
        let first = try box.succeed("prune", "--max-unused", "0", "--json").object("summary")
        #expect(first.number("packs_deleted") == 0)
        #expect(try #require(first.number("packs_retained")) > 0)
        #expect(try #require(first.number("bytes_retained")) > 2 << 20)
        let shown = try box.succeed("prune", "--max-unused", "0").text
        #expect(shown.contains("retained by the storage, tried again next time"))
        try box.checkAll()
        let last = try box.succeed(
            "-r", Argument(deleting.place("db1").location), "prune", "--max-unused", "0", "--json"
        ).object("summary")
        #expect(last.number("packs_retained") == 0)
        #expect(try #require(last.number("bytes_deleted")) > 2 << 20)
        try box.checkAll()
        withExtendedLifetime(keeping) {}
    }
}
