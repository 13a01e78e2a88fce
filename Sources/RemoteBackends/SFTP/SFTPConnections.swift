import Primitives
import Sourcing
import Threads
import Transfers

/// The connections to one server: made when they are needed, shared by more threads than there may be connections.
final class SFTPConnections: Sendable {
    private struct Member {
        let connection: SFTPConnection
        var users: Int
    }

    private struct State {
        var members: [Member] = []
        /// How many are being made.
        var opening = 0
        /// Those of them whose process runs.
        var greeting: [SFTPConnection] = []
        var hasEverConnected = false
        /// When a further connection may be tried again, after the server refused one.
        var nextTry = 0.0
        var isClosed = false
    }

    private enum Choice {
        case use(SFTPConnection)
        case open
    }

    private let limit: Int
    private let place: String
    private let clock: any Clock
    private let warn: @Sendable (String) -> Void
    private let start: @Sendable () throws(SFTPFailure) -> SFTPConnection
    private let state = Monitored(State())

    /// Seconds for which a server that refused a further connection is not asked for one.
    private static let pause = 60.0

    /// - Parameters:
    ///   - limit: the most connections at once.
    ///   - start: starts the process of one, which is not greeted yet.
    init(
        limit: Int, place: String, clock: any Clock, warn: @escaping @Sendable (String) -> Void,
        start: @escaping @Sendable () throws(SFTPFailure) -> SFTPConnection
    ) {
        self.limit = max(limit, 1)
        self.place = place
        self.clock = clock
        self.warn = warn
        self.start = start
    }

    /// Gives `body` an exchange on the connection with the least to do.
    ///
    /// - Throws: what `body` throws, and why there is no connection.
    func withExchange<Result>(
        _ body: (SFTPExchange) throws(SFTPFailure) -> Result
    ) throws(SFTPFailure) -> Result {
        let connection = try takeConnection()
        defer { release(connection) }
        return try body(SFTPExchange(connection))
    }

    private func takeConnection() throws(SFTPFailure) -> SFTPConnection {
        while true {
            let now = clock.monotonicSeconds()
            let choice = try state.wait { state throws(SFTPFailure) -> Choice? in try choose(&state, now) }
            switch choice {
            case .use(let connection): return connection
            case .open:
                if let connection = try open() { return connection }
            }
        }
    }

    /// An idle connection, else a new one, else the one with the fewest users; `nil` where one is awaited.
    private func choose(_ state: inout State, _ now: Double) throws(SFTPFailure) -> Choice? {
        if state.isClosed { throw closed() }
        state.members.removeAll { !$0.connection.isAlive }
        let best = state.members.indices.min { state.members[$0].users < state.members[$1].users }
        let mayOpen =
            state.hasEverConnected
            ? state.members.count + state.opening < limit && (best == nil || now >= state.nextTry)
            : state.opening == 0
        if let best, state.members[best].users == 0 || !mayOpen {
            state.members[best].users += 1
            return .use(state.members[best].connection)
        }
        guard mayOpen else { return nil }
        state.opening += 1
        return .open
    }

    /// A new connection; `nil` where it could not be made but there are others.
    private func open() throws(SFTPFailure) -> SFTPConnection? {
        do throws(SFTPFailure) {
            let connection = try start()
            state.change { $0.greeting.append(connection) }
            defer { state.change { $0.greeting.removeAll { $0 === connection } } }
            try connection.greet()
            let isLate = state.change { state in
                state.opening -= 1
                state.hasEverConnected = true
                if !state.isClosed { state.members.append(Member(connection: connection, users: 1)) }
                return state.isClosed
            }
            if isLate { connection.end() }
            return connection
        } catch {
            let othersAreLeft = state.change { state in
                state.opening -= 1
                state.nextTry = clock.monotonicSeconds() + SFTPConnections.pause
                return state.members.contains { $0.connection.isAlive }
            }
            guard othersAreLeft else { throw error }
            warn("\(place) takes no further connection for now; what there is goes on")
            return nil
        }
    }

    private func release(_ connection: SFTPConnection) {
        state.change { state in
            if let index = state.members.firstIndex(where: { $0.connection === connection }) {
                state.members[index].users -= 1
            }
        }
    }

    // MARK: The end

    /// Breaks all connections off; later requests make new ones.
    func breakOff(_ failure: SFTPFailure) {
        for connection in takeAll(closing: false) { connection.breakOff(failure) }
    }

    /// Ends all connections for good.
    func close() {
        for connection in takeAll(closing: true) { connection.end() }
    }

    private func takeAll(closing: Bool) -> [SFTPConnection] {
        state.change { state in
            if closing { state.isClosed = true }
            defer { state.members = [] }
            return state.members.map(\.connection) + state.greeting
        }
    }

    private func closed() -> SFTPFailure { .failed(VarveError(.storage, "the connection to \(place) was closed")) }
}
