import Primitives

/// A value that another thread will give, once.
public final class Promise<Value: Sendable>: Sendable {
    private let state = Monitored<Result<Value, VarveError>?>(nil)

    public init() {}

    /// Gives the value; later ones do not count.
    public func fulfil(_ result: Result<Value, VarveError>) {
        state.change { state in
            if state == nil { state = result }
        }
    }

    /// Waits for the value.
    public func value() throws(VarveError) -> Value { try state.wait { $0 }.get() }
}
