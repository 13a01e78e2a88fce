/// Where in its object something is sealed; part of the nonce, so that sealed bytes cannot be moved
/// (`format-spec/sealing.md`).
package enum SealPlace: Sendable, Hashable {
    /// The segment that begins `offset` bytes into its pack.
    case segment(offset: UInt32)
    case directory
    case footer
    /// A whole object, or a part of a key slot.
    case wholeObject

    package var rawValue: UInt32 {
        switch self {
        case .segment(let offset): offset
        case .directory: 0xFFFF_FFFF
        case .footer: 0xFFFF_FFFE
        case .wholeObject: 0xFFFF_FFFD
        }
    }
}
