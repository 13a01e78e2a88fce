/// Stage 1 of the chunker: finds the candidates of a block of positions (`format-spec/chunker.md`).
///
/// The caller asks for blocks of positions, not for single ones, so that a kernel works on vectors and costs one call a
/// block.
package protocol CandidateScanner: Sendable {
    /// Finds the candidates e with `start` ≤ e < `start` + `count`.
    ///
    /// - Parameters:
    ///   - bytes: readable from `start` − ``CandidateBlock/lead`` to `start` + `count` − 1 (exclusive); nothing else is
    ///     read.
    ///   - count: at most ``CandidateBlock/size``, at least 1.
    ///   - hits: room for ``CandidateBlock/size`` numbers, which are e − `start` in ascending order.
    /// - Returns: how many there are.
    func findCandidates(
        in bytes: UnsafeRawPointer, from start: Int, count: Int, into hits: UnsafeMutablePointer<UInt16>
    ) -> Int
}

package enum CandidateBlock {
    /// The most positions that are looked at in one call: few enough that little is looked at in vain behind a cut,
    /// many enough that the call costs nothing.
    package static let size = 2048
    /// How many bytes before its first position a kernel may read. It needs 32; the rest is room for whole vectors.
    package static let lead = 64
}
