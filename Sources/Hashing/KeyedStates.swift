import Primitives

/// HMAC-SHA256 (RFC 2104) with a fixed key: the states after the first block of the inner and of the outer hash,
/// computed once.
struct KeyedStates: Sendable {
    private static let blockSize = SHA256Lanes.blockSize

    let inner: SHA256Hasher
    let outer: SHA256Hasher

    /// - Parameter key: of any length; one above 64 bytes is hashed first, as the RFC says.
    init(key: UnsafeRawBufferPointer) {
        var block = [UInt8](repeating: 0, count: KeyedStates.blockSize)
        if key.count > KeyedStates.blockSize {
            block.replaceSubrange(0..<Digest.byteCount, with: SHA256Hasher.digest(of: key).bytes)
        } else {
            block.replaceSubrange(0..<key.count, with: key)
        }
        var inner = SHA256Hasher()
        inner.update(block.map { $0 ^ 0x36 })
        var outer = SHA256Hasher()
        outer.update(block.map { $0 ^ 0x5c })
        self.inner = inner
        self.outer = outer
    }

    /// The code of a message whose bytes a copy of ``inner`` has taken up.
    func code(finishing message: SHA256Hasher) -> Digest {
        var hasher = outer
        withUnsafeBytes(of: message.finalized().words) { hasher.update($0) }
        return hasher.finalized()
    }
}

extension Digest {
    /// The words as they lie in memory: the bytes of the digest in order.
    fileprivate var words: (UInt64, UInt64, UInt64, UInt64) {
        (w0.littleEndian, w1.littleEndian, w2.littleEndian, w3.littleEndian)
    }
}
