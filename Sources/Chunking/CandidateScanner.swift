import CKernels

/// Stage 1 of the chunker: finds candidates (`format-spec/chunker.md`).
///
/// The caller asks for the next candidates of a long stretch, not about single positions, so that a kernel works on
/// vectors and stops where there is something to judge.
package protocol CandidateScanner: Sendable {
    /// Looks for candidates e with `start` ≤ e < `start` + `count`, up to the first group that has any.
    ///
    /// - Parameters:
    ///   - bytes: readable from `start` − ``CandidateGroup/lead`` to `start` + `count` − 1 (exclusive); nothing else is
    ///     read.
    ///   - count: at least 1.
    func firstCandidates(in bytes: UnsafeRawPointer, from start: Int, count: Int) -> CandidateGroup
}

/// Successive positions that were looked at together, all before them being no candidates.
package struct CandidateGroup: Sendable, Equatable {
    /// How far the first position lies behind the start of the search; where there are no candidates, how many positions
    /// were asked about.
    package let distance: Int
    /// A bit for each of ``size`` positions, the first the lowest: whether it is a candidate. 0 only if none is
    /// anywhere.
    package let bits: UInt64

    package init(distance: Int, bits: UInt64) {
        self.distance = distance
        self.bits = bits
    }

    /// Positions in a group.
    package static let size = 64
    /// How many bytes before the first position a scanner may read. It needs 32; the rest is room for whole vectors.
    package static let lead = varve_candidate_lead
}
