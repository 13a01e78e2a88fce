import BackendConformance
import Backends
import TemporaryFolders
import Testing

@Suite("Every backend", .timeLimit(.minutes(60)))
struct BackendConformanceTests {
    @Test("in memory", arguments: BackendConformance.all)
    func memory(promise: BackendConformance) throws {
        try BackendUnderTest(MemoryBackend()).check(promise)
    }

    @Test("in a folder", arguments: BackendConformance.all)
    func local(promise: BackendConformance) throws {
        let folder = try TemporaryFolder()
        let root = folder.path.appending("repository")
        var traits = BackendTraits()
        traits.reopen = { LocalBackend(root) }
        traits.plant = { storageFolder, name, bytes in
            let parent = root.appending(storageFolder.rawValue)
            let path = storageFolder == .data ? parent.appending("a1") : parent
            try path.appending(name).write(bytes)
        }
        try BackendUnderTest(LocalBackend(root), traits: traits).check(promise)
    }
}
