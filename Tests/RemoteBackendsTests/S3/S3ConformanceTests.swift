import BackendConformance
import Backends
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
        // Both are written in Python; 20,000 objects would take them a quarter of an hour.
        traits.isSlow = kind != .rclone
        traits.refusesWrongHash = kind.checksHash
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
}
