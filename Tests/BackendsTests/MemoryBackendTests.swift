import BackendConformance
import Backends
import Testing

@Suite("A repository in memory")
struct MemoryBackendTests {
    @Test("can be tampered with as a bad disk would")
    func tampering() throws {
        let backend = MemoryBackend()
        let test = try BackendUnderTest(backend)
        let (first, second) = (try test.put([1, 2, 3]), try test.put([4, 5, 6]))
        backend.tamper(with: first) { $0.dropLast() }
        #expect(try backend.read(first) == [1, 2])
        #expect(try test.failure { try test.read(first, at: 1, count: 2) }?.kind == .damaged)
        backend.tamper(with: first) { _ in nil }
        #expect(try test.failure { try backend.read(first) }?.kind == .notFound)
        backend.tamper(with: first) { _ in
            Issue.record("there is nothing to change")
            return []
        }
        #expect(try backend.read(second) == [4, 5, 6])
        #expect(backend.temporaryFolder == nil)
    }
}
