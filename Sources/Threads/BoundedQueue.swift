import Primitives

/// A first-in first-out queue between threads that holds at most `capacity` elements, so that a fast stage waits for a
/// slow one.
public final class BoundedQueue<Element>: Sendable {
    private struct State {
        /// A ring. A place whose element was taken is empty, so that the queue keeps nothing alive that it gave away.
        var places: [Element?]
        var head = 0
        var count = 0
        var isFinished = false
        var failure: VarveError?

        init(capacity: Int) { places = (0..<capacity).map { _ in nil } }

        mutating func append(_ element: Element) {
            places[(head + count) % places.count] = element
            count += 1
        }

        mutating func popFirst() -> Element? {
            defer {
                head = (head + 1) % places.count
                count -= 1
            }
            return places[head].take()
        }
    }

    private let state: Monitored<State>

    public init(capacity: Int) {
        precondition(capacity > 0, "a queue holds something")
        state = Monitored(State(capacity: capacity))
    }

    /// Waits for room and appends `element`. Must not be called after ``finish()``: nobody may be there to take it.
    ///
    /// - Throws: the error of ``fail(_:)``.
    public func push(_ element: sending Element) throws(VarveError) {
        let element = Transfer(element)
        _ = try state.wait { state throws(VarveError) -> Bool? in
            if let failure = state.failure { throw failure }
            precondition(!state.isFinished, "nothing is pushed into a finished queue")
            guard state.count < state.places.count else { return nil }
            state.append(element.value)
            return true
        }
    }

    /// Waits for an element; `nil` once the queue is finished and empty.
    ///
    /// - Throws: the error of ``fail(_:)``, at once, though elements may be left.
    public func pop() throws(VarveError) -> Element? {
        try state.wait { state throws(VarveError) -> Transfer<Element?>? in
            if let failure = state.failure { throw failure }
            if state.count > 0 { return Transfer(state.popFirst()) }
            return state.isFinished ? Transfer(nil) : nil
        }.value
    }

    /// Says that nothing more is pushed.
    public func finish() { state.change { $0.isFinished = true } }

    /// Ends the queue with an error, which everybody who waits or comes later gets. The first one counts.
    ///
    /// What the queue held is let go of.
    public func fail(_ error: VarveError) {
        // Given out, so that no element ends its life under the lock.
        _ = state.change { state in
            if state.failure == nil { state.failure = error }
            let left = state.places
            state.places = left.map { _ in nil }
            state.count = 0
            return Transfer(left)
        }
    }
}

/// Carries a value from one thread to another, where the queue's lock orders both.
public struct Transfer<Value>: @unchecked Sendable {
    // Unchecked: whoever makes one gives the value away.
    public let value: Value

    public init(_ value: Value) { self.value = value }
}
