import FileIO
import Glibc
import TestServers
import Testing
import Threads

/// What starts the servers of all other tests.
@Suite("Servers that tests start", .timeLimit(.minutes(60)))
struct ServerProcessTests {
    private func start(
        _ script: String, within seconds: Double = 30, answers: @escaping (BytePath) -> Bool = { _ in false }
    ) throws -> ServerProcess {
        var folder: BytePath = ""
        return try ServerProcess.start(
            "/bin/sh", within: seconds, answers: { _ in answers(folder) },
            arguments: { _, place in
                folder = place
                return ["-c", script]
            })
    }

    private func exists(_ path: BytePath) -> Bool { (try? FileMetadata.read(path)) != nil }

    @Test("one that ends before it answers is an error with the end of its log")
    func ending() throws {
        let error = #expect(throws: ServerFailure.self) { try start("echo no luck today >&2; exit 3") }
        #expect(error?.description.contains("sh ended before it answered") == true)
        #expect(error?.description.contains("no luck today") == true)
    }

    @Test("one that never answers is given up")
    func silence() throws {
        let error = #expect(throws: ServerFailure.self) { try start("echo here; sleep 1000", within: 0.5) }
        #expect(error?.description.contains("did not answer in 0.5 s") == true)
    }

    @Test("at the end all that was started is dead, and the folder is gone")
    func stopping() throws {
        // The child would outlive a shell that is killed alone.
        let server = try start("trap '' TERM HUP; sleep 1000 & echo $! >child.new; mv child.new child; wait") {
            exists($0.appending("child"))
        }
        let text = try OpenFile.open(server.folder.appending("child")).readAll(limit: 100)
        let child = try #require(pid_t(String(decoding: text, as: UTF8.self).dropLast()))
        #expect(kill(child, 0) == 0)
        server.stop()
        server.stop()
        #expect(!exists(server.folder))
        // Who reaps it is another process, which may take a moment.
        let moment = Monitored(())
        for _ in 0..<500 where kill(child, 0) == 0 { _ = moment.wait(atMost: 0.01) { _ -> Void? in nil } }
        #expect(kill(child, 0) != 0)
    }

    @Test("a program that is missing is told with what installs it")
    func missing() {
        let error = #expect(throws: ServerFailure.self) { try TestServers.program("no-such-server") }
        #expect(error?.description.contains("tools/test-servers") == true)
    }
}
