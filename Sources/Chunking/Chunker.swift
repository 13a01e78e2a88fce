import Primitives

/// Finds where chunks end (`format-spec/chunker.md`). A pure state machine: it owns no bytes and does no I/O.
package struct Chunker: Sendable {
    private let parameters: ChunkerParameters
    private let scanner: any CandidateScanner
    private let hasher: WindowHasher

    /// The next e to look at.
    private var position: Int
    /// The candidate with the smallest V so far, the last of equals.
    private var fallback: (end: Int, value: UInt64)?
    /// Data that repeats itself asks for the same V again and again.
    private var lastWindow: (bytes: Window, value: UInt64)?

    /// - Parameters:
    ///   - scanner: for stage 1; must have the multipliers of `keys` and the threshold of `parameters`.
    ///   - hasher: for stage 2; must have the PRF of `keys`.
    package init(parameters: ChunkerParameters, scanner: any CandidateScanner, hasher: WindowHasher) {
        self.parameters = parameters
        self.scanner = scanner
        self.hasher = hasher
        position = parameters.minimum
    }

    /// - Parameter level: one that this CPU has.
    package init(parameters: ChunkerParameters, keys: ChunkerKeys, level: KernelLevel = ChunkerKernel.running) {
        let multipliers = keys.multipliers
        let threshold = parameters.candidateThreshold
        self.init(
            parameters: parameters,
            scanner: VectorScanner(level, multipliers: multipliers, threshold: threshold)
                ?? PortableScanner(multipliers: multipliers, threshold: threshold),
            hasher: WindowHasher(level, prf: keys.prf))
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
        while position <= limit {
            let rest = limit - position + 1
            let group = scanner.firstCandidates(in: bytes, from: position, count: rest)
            let first = position + group.distance
            if let end = firstAccepted(group.bits, from: first, in: bytes) { return end }
            position += min(group.distance + CandidateGroup.size, rest)
        }
        return nil
    }

    /// The first of the candidates `bits`, which count from the position `first`, that the chunk ends at.
    private mutating func firstAccepted(_ bits: UInt64, from first: Int, in bytes: UnsafeRawPointer) -> Int? {
        if bits.nonzeroBitCount >= Chunker.fewestForBatch { return firstAcceptedOfMany(bits, from: first, in: bytes) }
        var left = bits
        while left != 0 {
            let end = first + left.trailingZeroBitCount
            if accept(end, value: value(endingAt: bytes + end)) { return end }
            left &= left &- 1
        }
        return nil
    }

    /// As ``firstAccepted(_:from:in:)``, for the data of those who know the keys, or very bad luck.
    private mutating func firstAcceptedOfMany(_ bits: UInt64, from first: Int, in bytes: UnsafeRawPointer) -> Int? {
        let count = bits.nonzeroBitCount
        return withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>?.self, capacity: count) { ends in
            withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { values in
                var left = bits
                for index in 0..<count {
                    let end = bytes + (first + left.trailingZeroBitCount)
                    ends.initializeElement(at: index, to: end.assumingMemoryBound(to: UInt8.self))
                    left &= left &- 1
                }
                hasher.values(
                    endingAt: ends.baseAddress.unsafelyUnwrapped, count: count,
                    into: values.baseAddress.unsafelyUnwrapped)
                left = bits
                for index in 0..<count {
                    let end = first + left.trailingZeroBitCount
                    if accept(end, value: values[index]) { return end }
                    left &= left &- 1
                }
                return nil
            }
        }
    }

    /// So many candidates of a group are hashed together.
    private static let fewestForBatch = 4

    /// Whether the chunk ends at the candidate `end`; it is remembered for the case that no candidate does.
    private mutating func accept(_ end: Int, value: UInt64) -> Bool {
        if value <= (end <= parameters.average ? parameters.earlyLimit : parameters.lateLimit) { return true }
        if value <= fallback?.value ?? .max { fallback = (end, value) }
        return false
    }

    private mutating func value(endingAt end: UnsafeRawPointer) -> UInt64 {
        let window = Window(endingAt: end)
        if let lastWindow, lastWindow.bytes == window { return lastWindow.value }
        let value = hasher.value(endingAt: end)
        lastWindow = (window, value)
        return value
    }
}
