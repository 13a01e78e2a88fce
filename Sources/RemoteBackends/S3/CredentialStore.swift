import Primitives
import Threads

/// The credentials that requests are signed with: got once, and anew before they expire.
final class CredentialStore: Sendable {
    private struct State {
        var credentials: S3Credentials?
        /// Counts how often credentials were got.
        var generation = 0
        var isLoading = false
    }

    /// Credentials, and which they are of all that were got.
    struct Current: Sendable {
        let credentials: S3Credentials
        let generation: Int
    }

    private let load: @Sendable () throws(VarveError) -> S3Credentials
    private let clock: any Clock
    private let state = Monitored(State())

    /// Seconds before the end at which credentials are got anew.
    private static let margin: Int64 = 300

    init(clock: any Clock, load: @escaping @Sendable () throws(VarveError) -> S3Credentials) {
        self.clock = clock
        self.load = load
    }

    /// - Throws: what the source says where there are none, or no longer any that are good.
    func current() throws(VarveError) -> Current { try current { self.secondsLeft($0) > CredentialStore.margin } }

    /// Others than those of `generation`, which the server refuses; others again may have got them meanwhile.
    func renewed(after generation: Int) throws(VarveError) -> Current {
        state.change { state in
            if state.generation == generation, !state.isLoading { state.credentials = nil }
        }
        return try current()
    }

    private func secondsLeft(_ credentials: S3Credentials) -> Int64 {
        guard let end = credentials.expiration else { return .max }
        return end.seconds - clock.now().seconds
    }

    private func current(_ isGood: (S3Credentials) -> Bool) throws(VarveError) -> Current {
        let known: Current? = state.wait { state in
            if let credentials = state.credentials, isGood(credentials) {
                return .some(Current(credentials: credentials, generation: state.generation))
            }
            if state.isLoading { return nil }
            state.isLoading = true
            return .some(nil)
        }
        if let known { return known }
        // Only one thread comes here at a time, and it holds no lock while it asks.
        let loaded: Result<S3Credentials, VarveError>
        do throws(VarveError) { loaded = .success(try load()) } catch { loaded = .failure(error) }
        return try state.change { state throws(VarveError) in
            state.isLoading = false
            switch loaded {
            case .success(let credentials):
                state.credentials = credentials
                state.generation += 1
                return Current(credentials: credentials, generation: state.generation)
            case .failure(let error):
                // The old ones may still do for a while.
                guard let old = state.credentials, secondsLeft(old) > 0 else { throw error }
                return Current(credentials: old, generation: state.generation)
            }
        }
    }
}
