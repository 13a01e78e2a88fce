import COpenSSL
import Primitives

/// AES-256-GCM and ChaCha20-Poly1305 (RFC 8439), over whole buffers.
///
/// A context a call costs less than a microsecond, so none is kept between calls and every value here can be shared by
/// threads.
enum AEAD {
    static let tagLength = 16
    static let nonceLength = 12
    /// OpenSSL counts in `Int32`. The largest thing that is sealed, a pack's worth of directory, stays below 2^30.
    static let maximumLength = 1 << 30

    // Fetched once: looking an algorithm up takes longer than setting its key. They are never freed nor changed, and
    // OpenSSL lets threads share them.
    private nonisolated(unsafe) static let aes256GCM = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)
    private nonisolated(unsafe) static let chaCha20Poly1305 = EVP_CIPHER_fetch(nil, "ChaCha20-Poly1305", nil)

    private static func cipher(for suite: CipherSuite) -> OpaquePointer? {
        switch suite {
        case .none: nil
        case .aes256GCM: aes256GCM
        case .chaCha20Poly1305: chaCha20Poly1305
        }
    }

    /// Writes as many bytes to `ciphertext` as `plain` has, and the tag behind them.
    ///
    /// - Returns: whether OpenSSL did it.
    static func encrypt(
        _ plain: UnsafeRawBufferPointer, suite: CipherSuite, key: SecretBytes, nonce: [UInt8], associatedData: [UInt8],
        into ciphertext: UnsafeMutableRawBufferPointer
    ) -> Bool {
        precondition(ciphertext.count == plain.count + tagLength && plain.count <= maximumLength)
        guard let cipher = cipher(for: suite), let context = EVP_CIPHER_CTX_new() else { return false }
        defer { EVP_CIPHER_CTX_free(context) }
        let output = ciphertext.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let input = plain.baseAddress?.assumingMemoryBound(to: UInt8.self)
        var written: Int32 = 0
        let isKeySet = key.withUnsafeBytes {
            EVP_EncryptInit_ex2(context, cipher, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), nonce, nil)
        }
        return isKeySet == 1
            && EVP_EncryptUpdate(context, nil, &written, associatedData, Int32(associatedData.count)) == 1
            && (plain.isEmpty || EVP_EncryptUpdate(context, output, &written, input, Int32(plain.count)) == 1)
            && EVP_EncryptFinal_ex(context, output.map { $0 + plain.count }, &written) == 1
            && EVP_CIPHER_CTX_ctrl(
                context, EVP_CTRL_AEAD_GET_TAG, Int32(tagLength), output.map { $0 + plain.count }) == 1
    }

    /// Reads the ciphertext with the tag behind it and writes the plain bytes to `plain`.
    ///
    /// - Returns: whether they authenticate. Where they do not, `plain` holds zeros.
    static func decrypt(
        _ ciphertext: UnsafeRawBufferPointer, suite: CipherSuite, key: SecretBytes, nonce: [UInt8],
        associatedData: [UInt8], into plain: UnsafeMutableRawBufferPointer
    ) -> Bool {
        precondition(ciphertext.count == plain.count + tagLength && plain.count <= maximumLength)
        guard let cipher = cipher(for: suite), let context = EVP_CIPHER_CTX_new() else { return false }
        defer { EVP_CIPHER_CTX_free(context) }
        var tag = [UInt8](ciphertext[plain.count...])
        let output = plain.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let input = ciphertext.baseAddress?.assumingMemoryBound(to: UInt8.self)
        var written: Int32 = 0
        var finish: [UInt8] = [0]
        let isKeySet = key.withUnsafeBytes {
            EVP_DecryptInit_ex2(context, cipher, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), nonce, nil)
        }
        let isAuthentic =
            isKeySet == 1
            && EVP_DecryptUpdate(context, nil, &written, associatedData, Int32(associatedData.count)) == 1
            && (plain.isEmpty || EVP_DecryptUpdate(context, output, &written, input, Int32(plain.count)) == 1)
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), &tag) == 1
            && EVP_DecryptFinal_ex(context, &finish, &written) == 1
        if !isAuthentic { plain.initializeMemory(as: UInt8.self, repeating: 0) }
        return isAuthentic
    }
}

extension CipherSuite {
    /// What new objects of an encrypted repository are sealed with: AES where the processor has instructions for it.
    package static let preferred: CipherSuite = varve_cpu_has_aes() != 0 ? .aes256GCM : .chaCha20Poly1305
}
