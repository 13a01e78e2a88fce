/// Finds accidental damage of a run; 8 bytes a step, since it goes over the tables whenever a run is opened.
///
/// A step is one-to-one in the word and in the sum before, so a change of a single word always shows in 64 bits.
struct RunChecksum {
    private(set) var value: UInt64 = 0x9E37_79B9_7F4A_7C15

    mutating func add(_ word: UInt64) {
        value = (value ^ word) &* 0xFF51_AFD7_ED55_8CCD
        value ^= value >> 32
    }

    /// Of all bytes; what is left behind the last whole word counts byte by byte.
    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var sum = RunChecksum()
        var position = 0
        while position + 8 <= bytes.count {
            sum.add(bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            position += 8
        }
        while position < bytes.count {
            sum.add(UInt64(bytes[position]))
            position += 1
        }
        return sum.value
    }
}
