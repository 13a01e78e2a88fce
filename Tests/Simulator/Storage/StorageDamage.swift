import Backends
import Primitives
import SeededData

/// What a bad disk or a hostile storage does to objects.
enum StorageDamage: String, CaseIterable {
    case flippedBit = "a flipped bit"
    case zeroedSector = "a zeroed sector"
    case truncation
    case loss
    case exchange = "an exchange with another object"

    /// Whether a listing shows it: then what was lost is stored again by the next backup that has it.
    var isVisible: Bool { self == .truncation || self == .loss }

    /// Bytes of a sector.
    private static let sector = 512

    /// What becomes of an object.
    ///
    /// - Parameter other: another object of the folder.
    /// - Returns: `nil` inside where it is gone; `nil` where nothing would change.
    func applied(to bytes: [UInt8], other: [UInt8]?, random: inout SeededRandom) -> [UInt8]?? {
        var changed = bytes
        switch self {
        case .flippedBit:
            changed[Int.random(in: bytes.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case .zeroedSector:
            let start = Int.random(in: bytes.indices, using: &random) / StorageDamage.sector * StorageDamage.sector
            for position in start..<min(start + StorageDamage.sector, bytes.count) { changed[position] = 0 }
        case .truncation: changed.removeLast(Int.random(in: 1...bytes.count, using: &random))
        case .loss: return .some(nil)
        case .exchange:
            guard let other else { return nil }
            changed = other
        }
        return changed == bytes ? nil : .some(changed)
    }
}
