import COpenSSL
import Primitives

/// A running SHA-256 (FIPS 180-4) of bytes that arrive in parts.
///
/// A plain value: a copy goes on from the same state, independently. It never allocates, which is why it stands on
/// OpenSSL's low-level functions.
package struct SHA256Hasher: Sendable {
    private var context = SHA256_CTX()

    package init() {
        SHA256_Init(&context)
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        SHA256_Update(&context, bytes.baseAddress, bytes.count)
    }

    package mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    package mutating func update(_ byte: UInt8) {
        withUnsafeBytes(of: byte) { update($0) }
    }

    /// The digest of what has come so far; more may follow.
    package func finalized() -> Digest {
        var copy = context
        var digest: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        return withUnsafeMutableBytes(of: &digest) { buffer in
            SHA256_Final(buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), &copy)
            return Digest(loadingFrom: UnsafeRawPointer(buffer.baseAddress.unsafelyUnwrapped))
        }
    }

    /// The eight words between blocks (FIPS 180-4, 6.2), where whole blocks have come.
    var state: SIMD8<UInt32> {
        withUnsafeBytes(of: context.h) { $0.loadUnaligned(as: SIMD8<UInt32>.self) }
    }

    package static func digest(of bytes: UnsafeRawBufferPointer) -> Digest {
        var hasher = SHA256Hasher()
        hasher.update(bytes)
        return hasher.finalized()
    }

    package static func digest(of bytes: [UInt8]) -> Digest {
        bytes.withUnsafeBytes { digest(of: $0) }
    }
}
