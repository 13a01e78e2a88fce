import Primitives

/// A block of raw memory with one owner.
public final class Buffer: @unchecked Sendable {
    // Unchecked: whoever holds the buffer is its only user; queues hand it over.
    public let bytes: UnsafeMutableRawBufferPointer

    public init(capacity: Int) { bytes = .allocate(byteCount: capacity, alignment: 64) }
    deinit { bytes.deallocate() }

    public var capacity: Int { bytes.count }

    /// The first `count` bytes, to read.
    public func prefix(_ count: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[..<count]) }
}

/// A fixed number of equal buffers; whoever wants one more waits until one comes back. This is what bounds memory.
public final class BufferPool: Sendable {
    private struct State {
        var free: [Buffer] = []
        var made = 0
        var failure: VarveError?
    }

    private let state = Monitored(State())
    private let limit: Int
    public let capacity: Int

    /// - Parameters:
    ///   - count: how many buffers there may be at once.
    ///   - capacity: the bytes of each; they are allocated when first needed.
    public init(count: Int, capacity: Int) {
        limit = count
        self.capacity = capacity
    }

    /// Waits for a free buffer.
    ///
    /// - Throws: the error of ``fail(_:)``.
    public func take() throws(VarveError) -> Buffer {
        try state.wait { state throws(VarveError) -> Buffer? in
            if let failure = state.failure { throw failure }
            if let buffer = state.free.popLast() { return buffer }
            guard state.made < self.limit else { return nil }
            state.made += 1
            return Buffer(capacity: self.capacity)
        }
    }

    /// A free buffer; `nil` where all are in use.
    public func takeIfFree() -> Buffer? {
        state.change { state in
            if let buffer = state.free.popLast() { return buffer }
            guard state.made < self.limit else { return nil }
            state.made += 1
            return Buffer(capacity: self.capacity)
        }
    }

    /// Gives a buffer back.
    public func put(_ buffer: Buffer) { state.change { $0.free.append(buffer) } }

    /// Ends everybody's waiting with an error.
    public func fail(_ error: VarveError) {
        state.change { state in
            if state.failure == nil { state.failure = error }
        }
    }
}
