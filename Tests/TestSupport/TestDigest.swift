import Hashing
import Primitives

/// Hashing for tests whose target does not import it.
package enum TestDigest {
    package static func sha256(_ bytes: [UInt8]) -> Digest { SHA256Hasher.digest(of: bytes) }
}
