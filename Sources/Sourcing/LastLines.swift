import Primitives

/// The end of a text that comes in pieces, in bounded memory.
struct LastLines: Sendable {
    static let lineLimit = 20
    static let byteLimit = 4096

    private var bytes: [UInt8] = []

    mutating func append(_ piece: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: piece.suffix(LastLines.byteLimit))
        // Cut now and then, not every time.
        if bytes.count > 2 * LastLines.byteLimit { bytes.removeFirst(bytes.count - LastLines.byteLimit) }
    }

    /// The last lines that are not empty, as people read them: control characters are escaped, for the text goes to terminals.
    var lines: [String] {
        bytes.suffix(LastLines.byteLimit).split { $0 == 0x0a || $0 == 0x0d }.suffix(LastLines.lineLimit)
            .map(ByteString.display)
    }
}
