import Backends
import FileIO
import Primitives
import TemporaryFolders
import TestServers
import Testing
import Transfers

@testable import RemoteBackends

/// What real servers say where something is wrong.
@Suite("Servers of S3", .timeLimit(.minutes(60)))
struct S3ServerTests {
    @Test("a bucket that is missing is made by whoever makes a repository", arguments: S3ServerKind.allCases)
    func newBucket(kind: S3ServerKind) throws {
        var place = S3Place(try kind.server())
        place.bucket = "new-\(UInt32.random(in: 0 ... .max))"
        let backend = try place.backend()
        defer { backend.close() }
        #expect(try backend.readConfiguration() == nil)
        #expect(
            try storageFailure { try backend.list(.data) as [ListedObject] }.problem.contains(
                "no bucket \(place.bucket)"))
        let error = try storageFailure { try backend.put(name([1]), [1]) }
        #expect(error.problem.contains("no bucket \(place.bucket)") && !error.isRetryable, "\(error)")
        try backend.createLayout()
        try backend.createLayout()
        try backend.put(name([1]), [1])
        #expect(try backend.read(name([1])) == [1])
    }

    @Test("a key that nobody knows and a wrong secret are told apart", arguments: [S3ServerKind.openStackSwift])
    func wrongKeys(kind: S3ServerKind) throws {
        let server = try kind.server()
        try make(S3Place(server))
        var place = S3Place(server)
        place.secret = "not-the-secret"
        let backend = try place.backend()
        defer { backend.close() }
        let error = try storageFailure { try backend.list(.data) as [ListedObject] }
        #expect(error.kind == .storage && !error.isRetryable)
        #expect(error.advice.contains("AWS_SECRET_ACCESS_KEY") && !"\(error)".contains("not-the-secret"), "\(error)")
        #expect(backend.traffic?.totalRequests == 1)
        place = S3Place(server)
        place.keyID = "nobody:here"
        let stranger = try place.backend()
        defer { stranger.close() }
        let unknown = try storageFailure { try stranger.readConfiguration() }
        #expect(unknown.kind == .storage && !unknown.isRetryable && "\(unknown)".contains("nobody:here"), "\(unknown)")
    }

    @Test("rclone refuses wrong keys, too")
    func wrongKeysOfRclone() throws {
        var place = S3Place(try S3Server.sharedRclone())
        place.secret = "not-the-secret"
        let backend = try place.backend()
        defer { backend.close() }
        let error = try storageFailure { try backend.readConfiguration() }
        #expect(
            error.kind == .storage && !error.isRetryable && error.advice.contains("AWS_SECRET_ACCESS_KEY"), "\(error)")
    }

    @Test("who may do nothing is told what a policy must allow")
    func refused() throws {
        let server = try S3Server.sharedOpenStackSwift()
        try make(S3Place(server))
        var place = S3Place(server)
        (place.keyID, place.secret) = ("test:guest", "guesting")
        let backend = try place.backend()
        defer { backend.close() }
        let error = try storageFailure { try backend.put(name([1]), [1]) }
        #expect(error.kind == .storage && error.advice.contains("s3:PutObject") && !error.isRetryable, "\(error)")
        let refusal = try storageFailure { try backend.delete(name([1])) }
        #expect(refusal.kind == .retained, "\(refusal)")
    }

    @Test("the region is learned from the server that wants another")
    func region() throws {
        let place = S3Place(try S3Server.sharedOpenStackSwift())
        try make(place)
        let backend = try place.backend { $0.region = "mars-north-1" }
        defer { backend.close() }
        try backend.put(name([1]), [1])
        #expect(try backend.read(name([1])) == [1])
        // Once told, it is remembered.
        #expect(backend.client.region == "us-east-1" && backend.traffic?.totalRequests == 3)
    }

    private struct ShiftedClock: Clock {
        let seconds: Int64
        func now() -> Timestamp { Timestamp(seconds: SystemClock().now().seconds + seconds, nanoseconds: 0) }
        func monotonicSeconds() -> Double { SystemClock().monotonicSeconds() }
    }

    @Test(
        "a clock that is wrong is named as the reason",
        arguments: [(-14_400, "behind"), (3600, "ahead")] as [(Int64, String)])
    func skew(seconds: Int64, word: String) throws {
        let place = S3Place(try S3Server.sharedOpenStackSwift())
        try make(place)
        let backend = try place.backend { $0.clock = ShiftedClock(seconds: seconds) }
        defer { backend.close() }
        let error = try storageFailure { try backend.list(.data) as [ListedObject] }
        #expect(error.problem.contains("clock") && error.advice.contains("NTP") && !error.isRetryable, "\(error)")
    }

    @Test(
        "who writes config at the same time as another is told so, or both have the same",
        arguments: S3ServerKind.allCases)
    func twoConfigurations(kind: S3ServerKind) throws {
        let place = S3Place(try kind.server())
        try make(place)
        let backend = try place.backend()
        defer { backend.close() }
        try backend.writeConfiguration([1, 2, 3])
        // As if the look before had come too early.
        let put = S3Request.put(backend.configurationKey, .bytes([4]), hash: sha256([4]))
        var conditional = put
        conditional.headers.append(HTTPHeader("If-None-Match", "*"))
        let answer = try backend.client.ask("write config", conditional)
        switch (kind, answer) {
        case (.rclone, .response): #expect(try backend.readConfiguration() == [4])
        case (.rclone, .failure): Issue.record("rclone honours conditions now: let the tests say so")
        case (_, .failure(let failure)):
            #expect(failure.isFailedCondition)
            #expect(try backend.readConfiguration() == [1, 2, 3])
        case (_, .response): Issue.record("the condition is ignored")
        }
    }

    @Test(
        "an upload that fails leaves no parts, and those of killed writers are cleared away",
        arguments: [S3ServerKind.openStackSwift, .moto])
    func leftovers(kind: S3ServerKind) throws {
        let place = S3Place(try kind.server())
        try make(place)
        let backend = try place.backend(multipartThreshold: 1 << 20, partSize: 5 << 20)
        defer { backend.close() }
        // A file that ends before its part does, as one that is cut while it is read.
        let folder = try TemporaryFolder()
        let file = try TemporaryFile.create(in: folder.path)
        try file.file.write([UInt8](repeating: 1, count: 12 << 20))
        let body = HTTPBody.file(file.file, offset: 0, count: 13 << 20)
        #expect(try storageFailure { try backend.putInParts(name([1]), body) }.kind == .local)
        #expect(try uploads(backend).isEmpty)

        let key = backend.key(name([2]))
        for stranger in [key, backend.prefix + "notes/x"] {
            try backend.client.require("start", .startUpload(stranger))
        }
        try backend.prepareForWriting()
        // To moto every upload was begun in 2010.
        let left = kind == .moto ? 1 : 2
        #expect(try uploads(backend).count == left)
        let later = try place.backend { $0.clock = ShiftedClock(seconds: 600) }
        defer { later.close() }
        try later.prepareForWriting()
        #expect(try uploads(backend).count == left)
        #expect(backend.isAbandonedForTests(key, startedSecondsAgo: 86_401))
        #expect(!backend.isAbandonedForTests(key, startedSecondsAgo: 86_300))
        #expect(!backend.isAbandonedForTests(backend.prefix + "notes/x", startedSecondsAgo: 1 << 30))
        for pending in try uploads(backend) {
            try backend.client.require("abort", .abortUpload(pending.key, pending.upload))
        }
        #expect(try uploads(backend).isEmpty)
    }

    @Test("packs get the storage class, and nothing else does")
    func storageClass() throws {
        let place = S3Place(try S3Server.sharedMoto())
        try make(place)
        let backend = try place.backend { $0.storageClass = "STANDARD_IA" }
        defer { backend.close() }
        for folder in [StorageFolder.data, .index] {
            try backend.put(name([1], in: folder), [1])
            let head = try backend.client.require("look", .head(backend.key(name([1], in: folder))))
            #expect(head.header("x-amz-storage-class") == (folder == .data ? "STANDARD_IA" : nil))
        }
    }

    @Test("a prefix with odd characters, or none, is as good as another", arguments: S3ServerKind.allCases)
    func prefixes(kind: S3ServerKind) throws {
        var place = S3Place(try kind.server())
        place.bucket = "odd-\(UInt32.random(in: 0 ... .max))"
        for prefix in ["", "a b+c/d=e&f~g", "%C3%A9t%C3%A9/(1)"] {
            place.prefix = prefix
            let backend = try BackendLocation.backend(
                "s3:\(place.endpoint)/\(place.bucket)/\(prefix)", options: options(place.variables))
            defer { backend.close() }
            try backend.createLayout()
            let pack = name([1, 2])
            try backend.put(pack, [1, 2])
            #expect(try backend.list(.data) == [ListedObject(id: pack.id, size: 2)])
            #expect(try backend.read(pack) == [1, 2])
            let index = name([3], in: .index)
            try backend.put(index, [3])
            try backend.setAside(index)
            #expect((try backend.list(.index) as [ListedObject]).isEmpty)
        }
    }

    private func uploads(_ backend: S3Backend) throws -> [S3PendingUpload] {
        let response = try backend.client.require("list uploads", .listUploads(prefix: backend.prefix))
        return try S3PendingUpload.parse(response.body).uploads
    }

    private func make(_ place: S3Place) throws {
        let backend = try place.backend()
        defer { backend.close() }
        try backend.createLayout()
    }
}

extension S3Backend {
    fileprivate func isAbandonedForTests(_ key: String, startedSecondsAgo seconds: Int64) -> Bool {
        let started = Timestamp(seconds: clock.now().seconds - seconds, nanoseconds: 0)
        return isAbandoned(S3PendingUpload(key: key, upload: "u", started: started))
    }
}
