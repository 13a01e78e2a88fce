import BackendConformance
import Backends
import FileIO
import Primitives
import TestServers
import Testing
import Threads
import Transfers

@testable import RemoteBackends

@Suite("Servers of S3 keep the promises of backends", .timeLimit(.minutes(60)))
struct S3ConformanceTests {
    @Test("OpenStack Swift", arguments: BackendConformance.all)
    func openStackSwift(promise: BackendConformance) throws { try check(promise, .openStackSwift) }

    @Test("moto", arguments: BackendConformance.all)
    func moto(promise: BackendConformance) throws { try check(promise, .moto) }

    @Test("rclone serve s3", arguments: BackendConformance.all.filter { !$0.needsWholeObjects })
    func rclone(promise: BackendConformance) throws { try check(promise, .rclone) }

    private func check(_ promise: BackendConformance, _ kind: S3ServerKind) throws {
        let place = S3Place(try kind.server())
        let cancellation = Cancellation()
        var traits = BackendTraits.remote()
        // 20,000 objects would take any of them a quarter of an hour: two are written in Python, and rclone looks through the whole folder
        // for each.
        traits.isSlowToFill = true
        traits.refusesWrongHash = kind.checksHash
        // It looks which file is an object's newest, and then opens it, which another put may have removed by then.
        traits.replacesAtOnce = kind != .openStackSwift
        traits.reopen = { try place.backend() }
        traits.cancel = { cancellation.cancel(VarveError(.cancelled, "the test ends it")) }
        traits.plant = { folder, name, bytes in
            let stranger = try place.backend()
            defer { stranger.close() }
            let key = "\(place.prefix)/\(folder.rawValue)/\(name)"
            try stranger.client.require("plant \(key)", .put(key, .bytes(bytes), hash: sha256(bytes)))
        }
        // Small enough that the promises about large objects are about parts, too.
        let backend = try place.backend(
            { $0.cancellation = cancellation }, multipartThreshold: 16 << 20, partSize: 6 << 20)
        try BackendUnderTest(backend, nameOf: sha256, traits: traits).check(promise)
    }

    @Test("a bucket with 20,000 objects is listed, page by page")
    func manyObjects() throws {
        let names = (0..<20_000).map { sha256([UInt8($0 & 0xFF), UInt8($0 >> 8)]) }
        let server = try S3Server.rclone { served in
            let folder = served.appending("varve-tests/many/snapshots")
            try folder.makeDirectories()
            for name in names { try OpenFile.open(folder.appending(name.hex), .writeOnly, .create).write([1, 2, 3]) }
        }
        var place = S3Place(server)
        place.prefix = "many"
        let backend = try place.backend()
        defer { backend.close() }
        #expect(try Set(backend.list(.snapshots)) == Set(names.map { ListedObject(id: $0, size: 3) }))
        #expect(try #require(backend.traffic?.totalRequests) >= 20)
    }
}
