import BackendConformance
import Backends
import FileIO
import Primitives
import TemporaryFolders
import Primitives
import Testing
import Threads

@testable import RemoteBackends

@Suite("A remote of rclone keeps the promises of backends")
struct RcloneConformanceTests {
    /// Ends with the process that serves it, so nobody else can look into it.
    @Test("in memory", arguments: BackendConformance.all)
    func inMemory(promise: BackendConformance) throws {
        let backend = try BackendLocation.backend("rclone::memory:bucket", options: rcloneOptions())
        try BackendUnderTest(backend, nameOf: sha256, traits: .remote()).check(promise)
    }

    @Test("a named remote that is a folder", arguments: BackendConformance.all.filter { !$0.needsWholeObjects })
    func inFolder(promise: BackendConformance) throws {
        let folder = try TemporaryFolder()
        try folder.write("rclone.conf", Array("[place]\ntype = alias\nremote = \(folder.path)/storage\n".utf8))
        let root = folder.path.appending("storage/repository")
        let variables = ["RCLONE_CONFIG": folder.path.appending("rclone.conf").display]
        let cancellation = Cancellation()
        var options = try rcloneOptions(variables)
        options.cancellation = cancellation
        var traits = BackendTraits.remote()
        traits.reopen = { try BackendLocation.backend("rclone:place:repository", options: rcloneOptions(variables)) }
        traits.cancel = { cancellation.cancel(VarveError(.cancelled, "the test ends it")) }
        traits.plant = { storageFolder, name, bytes in
            let parent = root.appending(storageFolder.rawValue)
            let path = (storageFolder == .data ? parent.appending("a1") : parent).appending(name)
            try path.parent.makeDirectories()
            try OpenFile.open(path, .writeOnly, [.create, .truncate]).write(bytes)
        }
        let backend = try BackendLocation.backend("rclone:place:repository", options: options)
        try BackendUnderTest(backend, nameOf: sha256, traits: traits).check(promise)
    }
}
