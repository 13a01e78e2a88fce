import Backends
import Chunking
import FileIO
import Hashing
import Primitives
import Repositories
import Sealing
import Snapshots
import Threads

/// Tests the engine on this machine: known answers, then a backup into memory and back.
package struct SelfTest: Sendable {
    package struct Outcome: Sendable {
        package let name: String
        /// `nil` where all is well.
        package let problem: String?
    }

    private let width: Int

    package init(width: Int) { self.width = width }

    package func run() throws(VarveError) -> [Outcome] {
        var outcomes: [Outcome] = []
        func test(_ name: String, _ body: () throws -> String?) {
            do {
                outcomes.append(Outcome(name: name, problem: try body()))
            } catch {
                outcomes.append(Outcome(name: name, problem: "\(error)"))
            }
        }
        test("SHA-256 gives the known answer") {
            // FIPS 180-4, the example "abc".
            let digest = SHA256Hasher.digest(of: Array("abc".utf8))
            let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
            return digest.hex == expected ? nil : "got \(digest.hex)"
        }
        for suite in [CipherSuite.aes256GCM, .chaCha20Poly1305] {
            test("\(suite) opens what it sealed, and nothing else") { try checkSealing(suite) }
        }
        for level in KernelLevel.available {
            test("the chunker kernel \(level) finds what it should") {
                ChunkerKernel.isSound(level) ? nil : "it differs from plain Swift; \(ChunkerKernel.running) is used"
            }
        }
        for isEncrypted in [true, false] {
            test("a backup comes back, \(isEncrypted ? "encrypted" : "not encrypted")") {
                try checkBackup(isEncrypted: isEncrypted)
            }
        }
        return outcomes
    }

    private func checkSealing(_ suite: CipherSuite) throws -> String? {
        let header = ObjectHeader(
            type: .snapshot, suite: suite, keyMode: .master, repository: .zero, session: .zero,
            salt: [UInt8](repeating: 7, count: 32))
        let sealer = ObjectSealer(header: header, keyMaterial: SecretBytes([UInt8](repeating: 1, count: 32)))
        var sealed = try sealer.sealWholeObject(Array("varve".utf8))
        guard try sealer.openWholeObject(sealed, object: "test") == Array("varve".utf8) else {
            return "opened other bytes"
        }
        sealed[sealed.count - 20] ^= 1
        return (try? sealer.openWholeObject(sealed, object: "test")) == nil ? nil : "opened damaged bytes"
    }

    private func checkBackup(isEncrypted: Bool) throws -> String? {
        let backend = MemoryBackend()
        let environment = RepositoryEnvironment(
            cacheRoot: nil, host: "self-test", user: "self-test",
            passwordParameters: ScryptParameters(log2N: 10, r: 8, p: 1), warn: { _ in })
        let password = isEncrypted ? SecretBytes(Array("self-test".utf8)) : nil
        let repository = try Repository.create(
            at: backend, Repository.Parameters(packSize: 1 << 20, isEncrypted: isEncrypted), password: password,
            environment: environment)
        let data = SelfTest.madeUpData()
        var request = BackupRequest(host: "self-test")
        request.width = width
        let file = try TemporaryFile.create(in: environment.temporaryRoot)
        try file.file.write(data)
        request.streams = [
            StreamRequest(name: Array("data".utf8), origin: .file(try OpenFile.open(file.path)), allowsEmpty: false)
        ]
        let snapshot = try BackupRun(repository, request, cancellation: Cancellation()).run().snapshot
        guard try restored(snapshot, repository) == data else { return "other bytes came back" }
        guard let pack = try backend.list(.data).max(by: { $0.size < $1.size }) else { return "no pack was made" }
        backend.tamper(with: ObjectName(.data, pack.id)) { bytes in
            var bytes = bytes
            bytes[200] ^= 1
            return bytes
        }
        return (try? restored(snapshot, repository)) == nil ? nil : "damaged bytes came back"
    }

    private func restored(_ snapshot: Snapshot, _ repository: Repository) throws -> [UInt8] {
        let reader = SegmentReader(repository: repository, index: try repository.loadIndex().chunks)
        guard let entry = try TreeReader(reader).entry(at: [Array("data".utf8)], below: snapshot.record.root) else {
            return []
        }
        let output = Locked<[UInt8]>([])
        try DumpRun(reader, width: width, cancellation: Cancellation(), warn: { _ in }).write(entry) {
            bytes throws(VarveError) in
            output.withLock { $0.append(contentsOf: bytes) }
        }
        return output.withLock { $0 }
    }

    /// 3 MiB, partly text that compresses, partly noise.
    private static func madeUpData() -> [UInt8] {
        var state: UInt64 = 0x5EED
        return (0..<3 << 20).map { index in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return index < 2 << 20
                ? UInt8(ascii: "a") + UInt8(truncatingIfNeeded: state >> 60) : UInt8(truncatingIfNeeded: state >> 33)
        }
    }
}
