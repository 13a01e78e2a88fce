import Primitives

/// Finds where chunks end (`format-spec/chunker.md`). A pure state machine: it owns no bytes and does no I/O.
package struct Chunker: Sendable {
    private let parameters: ChunkerParameters
    private let scanner: any CandidateScanner
    private let prf: SipHash24

    /// The next e to look at.
    private var position: Int
    /// Candidates before this e are passed over.
    private var nextToJudge: Int
    /// The candidate behind half the maximum with the smallest V so far, the last of equals.
    private var fallback: (end: Int, value: UInt64)?

    /// The bytes that the PRF judges a candidate by.
    private static let windowLength = 64
    /// How far behind a candidate that was judged the next one may be judged, so that no data asks for more of the PRF
    /// than one hash in so many bytes.
    private static let judgingDistance = 32

    /// - Parameters:
    ///   - scanner: for stage 1; must have the multipliers of `keys` and the threshold of `parameters`.
    ///   - prf: for stage 2.
    package init(parameters: ChunkerParameters, scanner: any CandidateScanner, prf: SipHash24) {
        self.parameters = parameters
        self.scanner = scanner
        self.prf = prf
        position = parameters.minimum
        nextToJudge = parameters.minimum
    }

    /// - Parameter level: one that this CPU has.
    package init(parameters: ChunkerParameters, keys: ChunkerKeys, level: KernelLevel = ChunkerKernel.running) {
        let multipliers = keys.multipliers
        let threshold = parameters.candidateThreshold
        self.init(
            parameters: parameters,
            scanner: VectorScanner(level, multipliers: multipliers, threshold: threshold)
                ?? PortableScanner(multipliers: multipliers, threshold: threshold),
            prf: keys.prf)
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
        nextToJudge = parameters.minimum
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
        var left = bits & .max << max(0, nextToJudge - first)
        while left != 0 {
            let end = first + left.trailingZeroBitCount
            if accept(end, value: value(endingAt: bytes + end)) { return end }
            nextToJudge = end + Chunker.judgingDistance
            left &= .max << (nextToJudge - first)
        }
        return nil
    }

    /// Whether the chunk ends at the candidate `end`; it is remembered for the case that no candidate does.
    private mutating func accept(_ end: Int, value: UInt64) -> Bool {
        if value <= (end <= parameters.average ? parameters.earlyLimit : parameters.lateLimit) { return true }
        if end > parameters.maximum / 2, value <= fallback?.value ?? .max { fallback = (end, value) }
        return false
    }

    private func value(endingAt end: UnsafeRawPointer) -> UInt64 {
        prf(UnsafeRawBufferPointer(start: end - Chunker.windowLength, count: Chunker.windowLength))
    }
}
