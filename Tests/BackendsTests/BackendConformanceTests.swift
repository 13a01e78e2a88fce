import BackendConformance
import Backends
import TemporaryFolders
import Testing

@Suite("Every backend", .timeLimit(.minutes(5)))
struct BackendConformanceTests {
    @Test("in memory", arguments: BackendConformance.all)
    func memory(promise: BackendConformance) throws {
        try promise.check(BackendUnderTest(MemoryBackend()))
    }

    @Test("in a folder", arguments: BackendConformance.all)
    func local(promise: BackendConformance) throws {
        let folder = try TemporaryFolder()
        try promise.check(BackendUnderTest(LocalBackend(folder.path.appending("repository"))))
    }
}
