/// Whether a segment that was compressed against older chunks is worth keeping so.
///
/// *Gain.* With what its bases take in directories, a delta must come to at most ``worthwhile`` of a plain copy: one that
/// saves less makes every reading slower and keeps its bases alive for little.
///
/// *Drift.* Versions move away from their base. With d bytes of change a version, the k-th delta against the same base
/// takes about k·d bytes, and the deltas of k versions k²·d/2. A new plain copy of p bytes is due once they have cost as
/// much as it does: k²·d/2 = p, thus k·d = sqrt(2·p·d). Per version, that costs p/k + k·d/2, which is least for that
/// same k: sqrt(2·p·d). So a delta against the bases of a delta is given up at that length.
struct DeltaChoice: Equatable {
    /// Raw bytes of the segment.
    var rawLength: Int
    /// Stored bytes of the delta.
    var deltaLength: Int
    /// Its base chunks.
    var baseCount: Int
    /// Stored bytes of a plain copy, p; an estimate or exact.
    var plainLength: Int
    /// How much of what stood in the segment's place was a delta itself, whose bases serve: from 0 to 1.
    var driftedPart: Double
    /// What these deltas took, for as many raw bytes as the segment has.
    var parentDeltaLength: Double
    /// What one version of change takes by the first-generation segments of the session, per raw byte; `nil` where there
    /// was none.
    var freshRatio: Double?

    /// The part of a plain copy that a delta may take.
    static let worthwhile = 0.7
    /// What a base takes beside its bytes: its ID in the directory of the pack and in an index object.
    static let bytesPerBase = 64

    /// Whether all bases stood themselves in the segment's place.
    var isFirstGeneration: Bool { driftedPart == 0 }

    /// The bytes of change of one version, d; `nil` where nothing tells.
    var changeLength: Double? {
        if isFirstGeneration { return Double(deltaLength) }
        if let freshRatio { return freshRatio * Double(rawLength) }
        // What has drifted had its parent's delta, and all of it one change more.
        let change = Double(deltaLength) - driftedPart * parentDeltaLength
        return change > 0 ? change : nil
    }

    /// The length that the delta must stay below.
    var limit: Double {
        let gain = DeltaChoice.worthwhile * Double(plainLength) - Double(DeltaChoice.bytesPerBase * baseCount)
        guard !isFirstGeneration, let changeLength else { return gain }
        return min(gain, (2 * Double(plainLength) * changeLength).squareRoot())
    }

    var keepsDelta: Bool { Double(deltaLength) < limit }

    /// Whether the delta is to be kept even if the plain copy is half as long as estimated.
    var keepsDeltaSurely: Bool {
        var doubtful = self
        doubtful.plainLength /= 2
        return doubtful.keepsDelta
    }

    /// What keeping the delta saves, at least 0.
    var savedLength: Int { max(0, plainLength - deltaLength) }
}
