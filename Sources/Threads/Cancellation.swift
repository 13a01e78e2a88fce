import Primitives

/// Tells work on any thread that it should end: by the user's wish or because another part of it failed.
public final class Cancellation: Sendable {
    private struct State {
        var error: VarveError?
        var actions: [@Sendable (VarveError) -> Void] = []
    }

    private let state = Monitored(State())

    public init() {}

    /// Ends the work. The first error counts; the actions given to ``whenCancelled(_:)`` run on this thread.
    public func cancel(_ error: VarveError) {
        let actions: [@Sendable (VarveError) -> Void] = state.change { state in
            if state.error != nil { return [] }
            state.error = error
            defer { state.actions = [] }
            return state.actions
        }
        for action in actions { action(error) }
    }

    public var error: VarveError? { state.change { $0.error } }
    public var isCancelled: Bool { error != nil }

    /// - Throws: the error of ``cancel(_:)``, if there was one.
    public func check() throws(VarveError) {
        if let error { throw error }
    }

    /// Waits until the work is cancelled, or so many seconds.
    public func wait(atMost seconds: Double) {
        _ = state.wait(atMost: seconds) { $0.error }
    }

    /// Runs `action` on cancellation, with what it was cancelled with; at once if that was already.
    ///
    /// The cancellation keeps the action as long as it lives. An action that keeps the cancellation in turn would keep both, and
    /// all else that it holds, for ever.
    public func whenCancelled(_ action: @escaping @Sendable (VarveError) -> Void) {
        let late = state.change { state in
            if state.error == nil { state.actions.append(action) }
            return state.error
        }
        if let late { action(late) }
    }

    /// Runs `action` on cancellation, at once if that was already.
    public func whenCancelled(_ action: @escaping @Sendable () -> Void) { whenCancelled { _ in action() } }
}
