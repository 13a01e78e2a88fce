/// A fixed number of bits, none of them set at first.
package struct BitArray: Sendable {
    private var words: [UInt64]

    package init(count: Int) { words = Array(repeating: 0, count: (count + 63) / 64) }

    package subscript(position: Int) -> Bool {
        get { words[position >> 6] >> UInt64(position & 63) & 1 == 1 }
        set {
            let bit: UInt64 = 1 << UInt64(position & 63)
            if newValue { words[position >> 6] |= bit } else { words[position >> 6] &= ~bit }
        }
    }
}
