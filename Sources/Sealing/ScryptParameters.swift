import Primitives

/// What one guess at a password costs (RFC 7914); N is 2^`log2N`.
package struct ScryptParameters: Sendable, Hashable {
    package let log2N: Int
    package let r: Int
    package let p: Int

    package init(log2N: Int, r: Int, p: Int) {
        self.log2N = log2N
        self.r = r
        self.p = p
    }

    /// What new key slots get: 128 MiB of memory, some tenths of a second.
    package static let standard = ScryptParameters(log2N: 17, r: 8, p: 1)

    /// The memory that scrypt works in: 128·N·r bytes. Only for parameters that passed ``validate(of:)``.
    var workingBytes: UInt64 { (128 * UInt64(r)) << UInt64(log2N) }

    /// Refuses parameters outside the caps of `format-spec/keys.md`: a key slot comes from the storage, which must not
    /// be able to make a reader compute for hours or run out of memory.
    ///
    /// - Parameter object: whose parameters these are, for the error.
    /// - Throws: `VarveError` of kind `damaged`.
    package func validate(of object: String = "scrypt parameters") throws(VarveError) {
        guard (10...23).contains(log2N), (1...64).contains(r), (1...16).contains(p) else {
            throw .damaged(object, "scrypt with log2 N = \(log2N), r = \(r), p = \(p) is outside what is allowed")
        }
        guard workingBytes <= 1 << 30 else {
            throw .damaged(object, "scrypt would need \(workingBytes >> 20) MiB of memory, more than 1024")
        }
    }
}
