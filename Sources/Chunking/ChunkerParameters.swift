/// The sizes of chunks (`format-spec/chunker.md`), fixed for a repository when it is made.
package struct ChunkerParameters: Sendable, Hashable {
    /// b: chunks have an average of 2^b bytes.
    package let bits: Int

    /// The values of b that there may be: averages of 8 KiB to 4 MiB.
    package static let allowedBits = 13...22

    /// An average of 32 KiB.
    package static let standard = ChunkerParameters(allowedBits: 15)

    private init(allowedBits bits: Int) { self.bits = bits }

    /// `nil` where `bits` is not one of ``allowedBits``.
    package init?(bits: Int) {
        guard ChunkerParameters.allowedBits.contains(bits) else { return nil }
        self.bits = bits
    }

    /// The average length of a chunk in bytes.
    package var average: Int { 1 << bits }
    /// No chunk but the last of a stream is shorter.
    package var minimum: Int { 1 << (bits - 2) }
    /// No chunk is longer.
    package var maximum: Int { 1 << (bits + 2) }

    /// f: one position in 2^f is a candidate.
    package var candidateBits: Int { bits <= 14 ? 10 : 12 }
    /// A position with F at or above this is a candidate.
    package var candidateThreshold: UInt16 { UInt16.max << UInt16(16 - candidateBits) }

    /// The largest V that cuts up to the average.
    package var earlyLimit: UInt64 { ChunkerParameters.limit(passing: bits + 2 - candidateBits) }
    /// The largest V that cuts behind the average.
    package var lateLimit: UInt64 { ChunkerParameters.limit(passing: bits - 2 - candidateBits) }

    /// The largest number below 2^(64−`bits`).
    private static func limit(passing bits: Int) -> UInt64 {
        bits <= 0 ? .max : .max >> UInt64(bits)
    }
}
