import Backends
import Primitives

/// What shows others that a session is at work: its anchor, and heartbeats as long as it lives (`format-spec/ordering.md`).
package final class SessionPresence: Sendable {
    let session: Identifier
    private let repository: Repository
    private let anchor: ObjectName
    private let heartbeats: Heartbeats

    /// Puts the anchor and begins with the heartbeats.
    ///
    /// - Parameter command: what the process does, for people who look at `locks/`.
    init(in repository: Repository, session: Identifier, command: String) throws(VarveError) {
        self.repository = repository
        self.session = session
        let environment = repository.environment
        let text = SessionAnchor(
            host: environment.host, user: environment.user, processID: environment.processID, command: command,
            time: environment.clock.now())
        anchor = try repository.writeObject(
            try text.encoded(at: repository.configuration.location), type: .anchor, in: .locks, session: session)
        heartbeats = Heartbeats(repository: repository, session: session, anchor: anchor.id)
    }

    /// Whether a listing still shows the anchor. (Not asked by name: caches answer that.)
    func isListed() throws(VarveError) -> Bool {
        try repository.backend.list(.locks).contains { $0.id == anchor.id }
    }

    /// Ends the heartbeats and removes the anchor.
    package func end() {
        heartbeats.stop()
        do throws(VarveError) {
            try repository.backend.delete(anchor)
        } catch {
            repository.environment.warn("the session's anchor could not be removed: \(error.problem)")
        }
    }
}

extension Repository {
    /// Runs `body` while an anchor makes every prune wait for it; without one where the repository may only be read.
    package func whilePresent<Result, Failure: Error>(
        as command: String, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let presence = try? SessionPresence(in: self, session: Identifier(from: environment.random), command: command)
        defer { presence?.end() }
        return try body()
    }
}
