import Primitives

/// Takes packets out of bytes that come in pieces of any size.
struct SFTPPacketStream: Sendable {
    /// The longest packet that is taken, in bytes. What varve asks for makes none that is longer than 256 KiB.
    static let lengthLimit = 1 << 20

    private var bytes: [UInt8] = []
    private var start = 0

    mutating func append(_ piece: UnsafeRawBufferPointer) {
        // What was taken out is given up when there is more of it than of the rest: each byte moves once on average.
        if start > bytes.count - start {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(contentsOf: piece)
    }

    /// The next packet without its length; `nil` until all of it has come.
    ///
    /// - Throws: where its length is 0 or above the limit; no packet comes afterwards.
    mutating func next() throws(MalformedBytes) -> ArraySlice<UInt8>? {
        guard bytes.count - start >= 4 else { return nil }
        var count = 0
        for byte in bytes[start..<start + 4] { count = count << 8 | Int(byte) }
        guard (1...SFTPPacketStream.lengthLimit).contains(count) else {
            throw MalformedBytes(
                "SFTP packet: a length of \(count) bytes, which begins \(ByteString.display(bytes[start...].prefix(40)))"
            )
        }
        guard bytes.count - start >= 4 + count else { return nil }
        defer { start += 4 + count }
        return ArraySlice(Array(bytes[start + 4..<start + 4 + count]))
    }
}
