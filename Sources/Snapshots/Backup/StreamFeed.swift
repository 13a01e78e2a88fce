import FileIO
import Primitives
import Repositories
import Sourcing

/// Feeds one stream, and judges whether it came to a good end.
struct StreamFeed {
    let request: StreamRequest
    /// What the stream was in the parent.
    let parent: ContentReference?
    let session: WriterSession
    let feeder: BatchFeeder
    let environment: ProcessEnvironment
    let commandErrors: (@Sendable ([UInt8]) -> Void)?

    /// Reads the stream to its end.
    ///
    /// - Throws: kind `source` where it cannot be read, its command fails, or it has no bytes; kind `cancelled`.
    func run() throws(VarveError) {
        var entry = TreeEntry(kind: .stream, name: Array(request.name.split(separator: UInt8(ascii: "/")).last ?? []))
        entry.permissions = 0o600
        EntryMetadata().setOwnerOfProcess(&entry)
        let now = session.repository.environment.clock.now()
        entry.modified = FileTime(seconds: now.seconds, nanoseconds: UInt32(now.fraction))
        if let parent, session.deltas { try feeder.emit(.beginContent(parent: parent)) }
        let count: UInt64
        switch request.origin {
        case .file(let file): count = try read(file)
        case .command(let text):
            entry.command = Array(text.utf8)
            entry.exitStatus = 0
            count = try run(text)
        }
        guard count > 0 || request.allowsEmpty else {
            throw VarveError(
                .source, "stream \(display): \(origin) gave no bytes, so no snapshot is made",
                advice: "if an empty stream is right, allow it with --allow-empty \(display)")
        }
        try feeder.emit(.endContent(entry))
        try feeder.finish()
    }

    private var display: String { ByteString.display(request.name) }

    private var origin: String {
        switch request.origin {
        case .file: "standard input"
        case .command: "its command"
        }
    }

    private func read(_ file: OpenFile) throws(VarveError) -> UInt64 {
        let cancellation = session.cancellation
        PipeRoom.enlarge(file.descriptor)
        let result = try feeder.feed { room throws(SystemError) in
            // A producer may hang: wait for bytes in a way that a cancellation ends.
            while !cancellation.isCancelled {
                if try file.waitForBytes(milliseconds: 100) { return try file.read(into: room) }
            }
            return 0
        }
        try cancellation.check()
        switch result {
        case .success(let count): return count
        case .failure(let error): throw error.asVarveError(.source)
        }
    }

    private func run(_ text: String) throws(VarveError) -> UInt64 {
        let command = try reportingErrors(as: .source) { () throws(SystemError) in
            try CommandStream(text, environment: environment, passingErrors: commandErrors)
        }
        if let warning = command.warning { session.repository.environment.warn("stream \(display): \(warning)") }
        // The command hangs in the middle of a read when the work is cancelled: its end is the end of the read.
        session.cancellation.whenCancelled { [weak command] in command?.terminate() }
        let count = try read(command.output)
        let status = command.wait()
        try session.cancellation.check()
        guard status.isSuccess else {
            let lines = command.lastErrorLines
            let said =
                lines.isEmpty
                ? "it wrote nothing to standard error" : "its last words:\n  " + lines.joined(separator: "\n  ")
            throw VarveError(
                .source, "stream \(display): its command \(status.explanation), so no snapshot is made; \(said)")
        }
        return count
    }
}
