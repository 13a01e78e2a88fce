import Backends
import Hashing
import Primitives
import Sealing

/// Sees to it that no key seals two things under one nonce.
///
/// It looks twice: at all that is sealed, whether it is ever stored or not, and at the headers of objects on their way to the storage. A
/// key comes from its header, so that no two objects should have the same; where randomness repeats itself, nonces alone keep them apart.
final class SealWatch: SealObserver, @unchecked Sendable {
    // Unchecked: one thread runs at a time.
    private struct Use: Hashable {
        let header: [UInt8]
        let nonce: [UInt8]
    }

    private var uses: [Use: Digest] = [:]
    private var objects: [[UInt8]: Digest] = [:]
    /// Two objects have one header.
    private(set) var reusedHeader: String?
    /// Two contents have one key and one nonce.
    private(set) var reusedNonce: String?
    /// How many things were sealed.
    private(set) var count = 0

    func observe(header: [UInt8], nonce: [UInt8], sealed: UnsafeRawBufferPointer) {
        count += 1
        let digest = SHA256Hasher.digest(of: sealed)
        let other = uses.updateValue(digest, forKey: Use(header: header, nonce: nonce))
        if let other, other != digest {
            reusedNonce = reusedNonce ?? "two contents are sealed with one key and one nonce: \(other), \(digest)"
        }
    }

    /// Takes in an object on its way to the storage.
    func observe(_ name: ObjectName, _ bytes: [UInt8]) {
        let header = Array(bytes.prefix(ObjectHeader.byteCount))
        if let other = objects.updateValue(name.id, forKey: header), other != name.id {
            reusedHeader = reusedHeader ?? "\(name) has the key of another object: the headers of both are the same"
        }
    }
}
