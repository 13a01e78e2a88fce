import BackendConformance
import Backends
import FileIO
import Primitives
import Testing
import Threads

@testable import RemoteBackends

@Suite("A REST server keeps the promises of backends")
struct RESTConformanceTests {
    @Test("that shows objects when they are whole", arguments: BackendConformance.all)
    func inMemory(promise: BackendConformance) throws {
        let location = try RcloneServer.inMemory.get().location()
        try check(promise, location)
    }

    @Test("with a password, over a folder", arguments: BackendConformance.all.filter { !$0.needsWholeObjects })
    func inFolder(promise: BackendConformance) throws {
        let location = try RcloneServer.inFolder.get().location(credentials: "someone:se%3Acret%401@")
        try check(promise, location)
    }

    private func check(_ promise: BackendConformance, _ location: String) throws {
        let cancellation = Cancellation()
        var options = options()
        options.cancellation = cancellation
        var traits = BackendTraits.remote()
        traits.reopen = { try BackendLocation.backend(location, options: RemoteBackendsTests.options()) }
        traits.cancel = { cancellation.cancel(VarveError(.cancelled, "the test ends it")) }
        let backend = try BackendLocation.backend(location, options: options)
        #expect(!backend.location.contains("se"))
        try BackendUnderTest(backend, nameOf: sha256, traits: traits).check(promise)
    }
}

extension BackendConformance {
    /// What rclone cannot promise over a folder, because it writes objects in place.
    var needsWholeObjects: Bool {
        // These wait until objects show, and take them for whole then.
        if testDescription.hasPrefix("what is in flight ends") { return true }
        return [
            "many threads put the same object, and who reads it meanwhile gets all of it or nothing",
            "what a listing shows while others write is whole",
            "where a put and a delete meet, the object is there whole or not at all",
        ].contains(testDescription)
    }
}
