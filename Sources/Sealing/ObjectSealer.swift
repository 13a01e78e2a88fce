import COpenSSL
import Primitives

/// Seals and opens the parts of one object (`format-spec/sealing.md`). A value without changing state: threads may
/// share it.
///
/// Sealed bytes are `t[8] ‖ ciphertext ‖ tag[16]`. Without encryption t is zero, the plain bytes stand for the
/// ciphertext, and the tag is a checksum.
package struct ObjectSealer: Sendable {
    /// How much longer sealed bytes are than the plain bytes.
    package static let overhead = determinedLength + AEAD.tagLength
    /// The length of t, the part of the nonce that is stored.
    private static let determinedLength = 8

    package let header: ObjectHeader
    /// H, the 128 bytes that begin the object and all associated data.
    package let headerBytes: [UInt8]
    /// K and Kn; `nil` without encryption.
    let keys: (object: SecretBytes, nonce: SecretBytes)?
    /// K of each other master key that the header may mean; they open, and never seal.
    private let otherKeys: [SecretBytes]
    private let observer: (any SealObserver)?

    /// Derives the keys of the object that `header` begins.
    ///
    /// - Parameters:
    ///   - keyMaterial: `ikm` of `format-spec/keys.md`; `nil` with suite `none`, and only then.
    ///   - alternatives: what to try as well when opening, where the header names more than one master key.
    ///   - observer: is told of all that is sealed.
    package init(
        header: ObjectHeader, keyMaterial: SecretBytes?, alternatives: [SecretBytes] = [],
        observer: (any SealObserver)? = nil
    ) {
        precondition((header.suite == .none) == (keyMaterial == nil), "keys belong to a cipher suite")
        self.header = header
        headerBytes = header.encoded
        self.observer = observer
        keys = keyMaterial.map { material in
            let key = ObjectSealer.objectKey(material, of: header)
            return (key, KeyDerivation.hkdf(key, salt: [], info: Array("nonce".utf8)))
        }
        otherKeys = alternatives.map { ObjectSealer.objectKey($0, of: header) }
    }

    private static func objectKey(_ material: SecretBytes, of header: ObjectHeader) -> SecretBytes {
        KeyDerivation.hkdf(material, salt: header.salt, info: Array("varve1".utf8) + header.derivationContext)
    }

    /// Seals `plain`.
    ///
    /// - Parameters:
    ///   - associatedData: all of it, beginning with H.
    ///   - determinant: what determines the plain bytes, if not they themselves.
    ///   - sealed: exactly ``overhead`` bytes longer than `plain`. It may hold `plain` itself, from byte 8 on.
    /// - Throws: `VarveError` of kind `local` where OpenSSL fails.
    package func seal(
        _ plain: UnsafeRawBufferPointer, place: SealPlace, associatedData: [UInt8], determinant: [UInt8]? = nil,
        into sealed: UnsafeMutableRawBufferPointer
    ) throws(VarveError) {
        precondition(sealed.count == plain.count + ObjectSealer.overhead, "the room does not fit what is sealed")
        checkAssociatedData(associatedData)
        let determined = determinedPart(associatedData: associatedData, determinant: determinant, plain: plain)
        let nonce = nonce(place: place, determined: determined)
        let rest = UnsafeMutableRawBufferPointer(rebasing: sealed[ObjectSealer.determinedLength...])
        if let keys {
            let isDone = AEAD.encrypt(
                plain, suite: header.suite, key: keys.object, nonce: nonce, associatedData: associatedData, into: rest)
            guard isDone else {
                throw VarveError(.local, "encryption failed: \(OpenSSL.takeErrorText())")
            }
        } else {
            let tag = checksum(of: plain, nonce: nonce, associatedData: associatedData)
            if let start = plain.baseAddress { rest.baseAddress?.copyMemory(from: start, byteCount: plain.count) }
            rest[plain.count...].copyBytes(from: tag)
        }
        sealed.copyBytes(from: determined)
        observer?.observe(header: headerBytes, nonce: nonce, sealed: UnsafeRawBufferPointer(sealed))
    }

    /// Opens `sealed`. Where that fails, `plain` holds nothing of it.
    ///
    /// - Parameters:
    ///   - associatedData: all of it, beginning with H.
    ///   - plain: exactly ``overhead`` bytes shorter than `sealed`.
    ///   - object: names the object for the error.
    /// - Throws: `VarveError` of kind `damaged`.
    package func open(
        _ sealed: UnsafeRawBufferPointer, place: SealPlace, associatedData: [UInt8],
        into plain: UnsafeMutableRawBufferPointer, object: String
    ) throws(VarveError) {
        checkAssociatedData(associatedData)
        guard (ObjectSealer.overhead...AEAD.maximumLength).contains(sealed.count) else {
            throw .damaged(object, "\(sealed.count) sealed bytes cannot be")
        }
        precondition(plain.count == sealed.count - ObjectSealer.overhead, "the room does not fit what is opened")
        let determined = [UInt8](sealed.prefix(ObjectSealer.determinedLength))
        let nonce = nonce(place: place, determined: determined)
        let rest = UnsafeRawBufferPointer(rebasing: sealed[ObjectSealer.determinedLength...])
        if let keys {
            let isAuthentic = ([keys.object] + otherKeys).contains { key in
                AEAD.decrypt(
                    rest, suite: header.suite, key: key, nonce: nonce, associatedData: associatedData, into: plain)
            }
            guard isAuthentic else {
                ERR_clear_error()
                throw .damaged(object, "authentication failed")
            }
        } else {
            let content = UnsafeRawBufferPointer(rebasing: rest.prefix(plain.count))
            let tag = checksum(of: content, nonce: nonce, associatedData: associatedData)
            guard rest[plain.count...].elementsEqual(tag), determined.allSatisfy({ $0 == 0 }) else {
                throw .damaged(object, "the checksum of its content is wrong")
            }
            plain.copyMemory(from: content)
        }
    }

    /// t: zero without encryption, else a code of what determines the sealed bytes, so that no nonce stands for two
    /// contents.
    private func determinedPart(
        associatedData: [UInt8], determinant: [UInt8]?, plain: UnsafeRawBufferPointer
    ) -> [UInt8] {
        guard let keys else { return [UInt8](repeating: 0, count: ObjectSealer.determinedLength) }
        let message = associatedData + (determinant ?? [UInt8](plain))
        return Array(KeyDerivation.hmac(message, key: keys.nonce).prefix(ObjectSealer.determinedLength))
    }

    private func nonce(place: SealPlace, determined: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: place.rawValue.littleEndian) { Array($0) } + determined
    }

    /// The tag without encryption: it finds damage, not malice.
    private func checksum(of plain: UnsafeRawBufferPointer, nonce: [UInt8], associatedData: [UInt8]) -> ArraySlice<
        UInt8
    > {
        var context = SHA256_CTX()
        SHA256_Init(&context)
        SHA256_Update(&context, nonce, nonce.count)
        SHA256_Update(&context, associatedData, associatedData.count)
        SHA256_Update(&context, plain.baseAddress, plain.count)
        var digest = [UInt8](repeating: 0, count: Digest.byteCount)
        SHA256_Final(&digest, &context)
        return digest.prefix(AEAD.tagLength)
    }

    private func checkAssociatedData(_ associatedData: [UInt8]) {
        precondition(associatedData.starts(with: headerBytes), "associated data begins with the header")
    }
}
