import Backends
import Indexing
import Packing

/// Whether new chunks are compressed against what stood in their place before (`format-spec/pack.md`, codec 2).
package enum DeltaPolicy: String, Sendable, CaseIterable {
    /// Against bases that are near: fetching them over a network takes more time than storing the chunks plainly.
    case auto
    case off
    case always

    /// Whether a session that reads from `repository` writes deltas.
    func allowsDeltas(readingFrom repository: Repository) -> Bool {
        switch self {
        case .auto: !repository.backend.isDistant || repository.packCache != nil
        case .off: false
        case .always: true
        }
    }
}

/// How far a chunk is good as the base of a delta.
package enum BaseStanding: Sendable, Hashable, Comparable {
    /// Nothing usable holds it.
    case none
    /// Only a delta does: the bases of that one may serve.
    case delta
    /// It is stored plainly, wherever the session writes to.
    case plain

    /// - Parameter copy: a usable copy of the chunk, a plain one where there is one.
    init(_ copy: ChunkLocation?) {
        guard let copy else {
            self = .none
            return
        }
        self = SegmentCodec(rawValue: copy.codec)?.isPlain == true ? .plain : .delta
    }
}
