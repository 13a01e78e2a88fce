/// Deltas of which not all is needed.
package enum PartialDelta {
    /// Dumps shrink to so many times less without a base, at best.
    private static let plainRatio: UInt64 = 4

    /// Whether the whole delta takes less room than what is needed of it would as a plain segment.
    ///
    /// - Parameters:
    ///   - sealedLength: bytes that the delta takes.
    ///   - neededBytes: raw bytes of its chunks that are needed.
    package static func pays(sealedLength: UInt32, neededBytes: UInt64) -> Bool {
        neededBytes > 0 && UInt64(sealedLength) * plainRatio <= neededBytes
    }
}
