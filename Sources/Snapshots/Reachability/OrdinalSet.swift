/// A set of chunks by their numbers in the index: a bit for each chunk.
package struct OrdinalSet: Sendable {
    private var words: [UInt64]

    /// - Parameter count: a number above all members.
    package init(count: Int) { words = [UInt64](repeating: 0, count: (count + 63) / 64) }

    package func contains(_ ordinal: Int) -> Bool { words[ordinal / 64] >> UInt64(ordinal % 64) & 1 == 1 }

    /// Says whether it is new.
    package mutating func insert(_ ordinal: Int) -> Bool {
        let bit: UInt64 = 1 << UInt64(ordinal % 64)
        defer { words[ordinal / 64] |= bit }
        return words[ordinal / 64] & bit == 0
    }
}
