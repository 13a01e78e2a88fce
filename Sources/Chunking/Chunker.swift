/// Finds where chunks end (`format-spec/chunker.md`). A pure state machine: it owns no bytes and does no I/O.
package struct Chunker: Sendable {
    private let parameters: ChunkerParameters
    private let prf: SipHash24
    private let scanner: any CandidateScanner

    /// The next e to look at.
    private var position: Int
    /// The candidate with the smallest V so far, the last of equals.
    private var fallback: (end: Int, value: UInt64)?
    /// Data that repeats itself asks for the same V again and again.
    private var lastWindow: (bytes: Window, value: UInt64)?

    /// - Parameter scanner: for stage 1; must have the multipliers of `keys` and the threshold of `parameters`.
    package init(parameters: ChunkerParameters, keys: ChunkerKeys, scanner: any CandidateScanner) {
        self.parameters = parameters
        self.scanner = scanner
        prf = keys.prf
        position = parameters.minimum
    }

    package init(parameters: ChunkerParameters, keys: ChunkerKeys) {
        self.init(
            parameters: parameters, keys: keys,
            scanner: PortableScanner(multipliers: keys.multipliers, threshold: parameters.candidateThreshold))
    }

    /// The length of the chunk that `bytes` begins with.
    ///
    /// - Parameters:
    ///   - bytes: what is known of the stream from the start of this chunk on. After `nil` the call is repeated with at
    ///     least the same bytes; what was looked at is not looked at again.
    ///   - isEndOfStream: whether nothing follows `bytes`.
    /// - Returns: `nil` where more bytes are needed, and at the end of the stream where there are none left. After a
    ///   length the next call is about the next chunk.
    package mutating func nextCut(in bytes: UnsafeRawBufferPointer, isEndOfStream: Bool) -> Int? {
        guard let length = cut(in: bytes, isEndOfStream: isEndOfStream) else { return nil }
        position = parameters.minimum
        fallback = nil
        return length
    }

    private mutating func cut(in bytes: UnsafeRawBufferPointer, isEndOfStream: Bool) -> Int? {
        guard let start = bytes.baseAddress else { return nil }
        if let end = firstAcceptedCandidate(in: start, through: min(bytes.count, parameters.maximum)) { return end }
        if bytes.count >= parameters.maximum { return fallback?.end ?? parameters.maximum }
        return isEndOfStream && !bytes.isEmpty ? bytes.count : nil
    }

    private mutating func firstAcceptedCandidate(in bytes: UnsafeRawPointer, through limit: Int) -> Int? {
        guard position <= limit else { return nil }
        return withUnsafeTemporaryAllocation(of: UInt16.self, capacity: CandidateBlock.size) { room in
            let hits = room.baseAddress.unsafelyUnwrapped
            while position <= limit {
                let count = min(CandidateBlock.size, limit - position + 1)
                let found = scanner.findCandidates(in: bytes, from: position, count: count, into: hits)
                for index in 0..<found {
                    let end = position + Int(hits[index])
                    if accept(end, in: bytes) { return end }
                }
                position += count
            }
            return nil
        }
    }

    /// Whether the chunk ends at the candidate `end`; it is remembered for the case that no candidate does.
    private mutating func accept(_ end: Int, in bytes: UnsafeRawPointer) -> Bool {
        let value = value(ofWindowAt: bytes + (end - Window.length))
        if value <= (end <= parameters.average ? parameters.earlyLimit : parameters.lateLimit) { return true }
        if value <= fallback?.value ?? .max { fallback = (end, value) }
        return false
    }

    private mutating func value(ofWindowAt start: UnsafeRawPointer) -> UInt64 {
        let window = Window(start)
        if let lastWindow, lastWindow.bytes == window { return lastWindow.value }
        let value = prf(UnsafeRawBufferPointer(start: start, count: Window.length))
        lastWindow = (window, value)
        return value
    }
}

/// The 64 bytes that the PRF judges a candidate by.
private struct Window: Equatable {
    static let length = 64
    private let words: SIMD8<UInt64>

    init(_ start: UnsafeRawPointer) { words = start.loadUnaligned(as: SIMD8<UInt64>.self) }
}
