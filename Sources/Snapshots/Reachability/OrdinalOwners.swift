import Primitives

/// Which of several groups of snapshots need a chunk: none, one of them, or more. Two bytes for each chunk of the index.
package struct OrdinalOwners: Sendable {
    /// How many groups there may be.
    package static let groupLimit = Int(UInt16.max) - 1

    private static let none: UInt16 = 0
    private static let several = UInt16.max
    /// 0 for none; a group's number and 1; the greatest number for several.
    private var owners: [UInt16]

    /// - Parameter count: a number above all ordinals.
    package init(count: Int) { owners = [UInt16](repeating: OrdinalOwners.none, count: count) }

    /// What a claim changes.
    package enum Claim: Hashable, Sendable {
        /// Nobody needed the chunk before.
        case first
        /// Only the other group did until now.
        case second(other: Int)
        /// It was known that the group, or several, need it.
        case known
    }

    /// Writes down that the group needs the chunk.
    package mutating func claim(_ ordinal: Int, for group: Int) -> Claim {
        precondition(group < OrdinalOwners.groupLimit, "there are at most \(OrdinalOwners.groupLimit) groups")
        let own = UInt16(group + 1)
        switch owners[ordinal] {
        case OrdinalOwners.none:
            owners[ordinal] = own
            return .first
        case own, OrdinalOwners.several: return .known
        case let other:
            owners[ordinal] = OrdinalOwners.several
            return .second(other: Int(other) - 1)
        }
    }
}
