import COpenSSL
import Threads

extension Limit {
    /// Hashes the parts of `bytes` that `lengths` says, one after the other, with OpenSSL and nothing else.
    static func sha256(_ bytes: UnsafeRawBufferPointer, lengths: [Int]) -> Limit {
        Limit(.sha256) {
            var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
            var context = SHA256_CTX()
            var start = 0
            for length in lengths {
                SHA256_Init(&context)
                SHA256_Update(&context, bytes.baseAddress.map { $0 + start }, length)
                SHA256_Final(&digest, &context)
                start += length
            }
            Results.take(Int(digest[0]))
        }
    }

    /// Encrypts `bytes` in parts of `partLength`, each into the same room, with one context for all.
    static func encryption(_ bytes: UnsafeRawBufferPointer, partLength: Int) -> Limit {
        let cipher = GCM(partLength: partLength)
        return Limit(.encryption) { try cipher.goOver(bytes, encrypting: true) }
    }

    /// Decrypts in the same way. The tag is not compared: the parts are no ciphertext, which takes as long.
    static func decryption(_ bytes: UnsafeRawBufferPointer, partLength: Int) -> Limit {
        let cipher = GCM(partLength: partLength)
        return Limit(.decryption) { try cipher.goOver(bytes, encrypting: false) }
    }
}

/// AES-256-GCM as OpenSSL has it, under a fixed key.
private final class GCM {
    private let context = EVP_CIPHER_CTX_new()
    private let partLength: Int
    private let room: Buffer

    struct Failure: Error {}

    init(partLength: Int) {
        self.partLength = partLength
        room = Buffer(capacity: partLength)
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    func goOver(_ bytes: UnsafeRawBufferPointer, encrypting: Bool) throws {
        let key = [UInt8](repeating: 7, count: 32)
        var nonce = [UInt8](repeating: 0, count: 12)
        var tag = [UInt8](repeating: 0, count: 16)
        let output = room.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        for start in stride(from: 0, through: bytes.count - partLength, by: partLength) {
            let input = bytes.baseAddress.map { ($0 + start).assumingMemoryBound(to: UInt8.self) }
            var written: Int32 = 0
            nonce[0] &+= 1
            guard EVP_CipherInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce, encrypting ? 1 : 0) == 1,
                EVP_CipherUpdate(context, output, &written, input, Int32(partLength)) == 1
            else { throw Failure() }
            if encrypting {
                guard EVP_CipherFinal_ex(context, output, &written) == 1,
                    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, &tag) == 1
                else { throw Failure() }
            }
        }
        Results.take(Int(tag[0]) + Int(room.bytes[0]))
    }
}
