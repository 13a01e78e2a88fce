import COpenSSL
import CSodium
import Glibc
import Primitives

/// HMAC-SHA256 (RFC 2104), HKDF-SHA256 (RFC 5869) and scrypt (RFC 7914).
package enum KeyDerivation {
    private static let digestLength = 32

    /// HMAC-SHA256 of `message`.
    package static func hmac(_ message: [UInt8], key: SecretBytes) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: digestLength) { buffer, count in
            authenticate(message, key: key, into: UnsafeMutableRawBufferPointer(buffer))
            count = digestLength
        }
    }

    /// Extract and expand. An empty salt stands for 32 zero bytes.
    ///
    /// - Parameter count: length of the output, at most 255 · 32 bytes.
    package static func hkdf(_ ikm: SecretBytes, salt: [UInt8], info: [UInt8], count: Int = 32) -> SecretBytes {
        precondition((1...255 * digestLength).contains(count), "HKDF cannot yield \(count) bytes")
        let pseudorandomKey = extract(ikm, salt: salt)
        return SecretBytes(count: count) { output in
            var previous: [UInt8] = []
            var position = 0
            var counter: UInt8 = 1
            while position < count {
                var message = previous + info + [counter]
                wipe(&previous)
                previous = hmac(message, key: pseudorandomKey)
                wipe(&message)
                let part = previous.prefix(count - position)
                output[position..<position + part.count].copyBytes(from: part)
                position += part.count
                counter &+= 1
            }
            wipe(&previous)
        }
    }

    /// 32 bytes from a password. Takes about 128·N·r bytes of memory while it runs.
    ///
    /// - Throws: `VarveError` of kind `damaged` where the parameters are outside their caps, `local` where there is not
    ///   enough memory.
    package static func scrypt(
        password: SecretBytes, salt: [UInt8], parameters: ScryptParameters
    ) throws(VarveError) -> SecretBytes {
        try parameters.validate()
        // Libsodium computes it in vectors, in two thirds of the time that OpenSSL takes.
        guard sodium_init() >= 0 else { throw VarveError(.local, "libsodium cannot start: it finds no randomness") }
        return try SecretBytes(count: 32) { (output) throws(VarveError) in
            let result = password.withUnsafeBytes { password in
                // An array without elements may have no address.
                SecretBytes(salt).withUnsafeBytes { salt -> Int32 in
                    guard let passwordStart = password.baseAddress?.assumingMemoryBound(to: UInt8.self),
                        let saltStart = salt.baseAddress?.assumingMemoryBound(to: UInt8.self),
                        let outputStart = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    else { return -1 }
                    return crypto_pwhash_scryptsalsa208sha256_ll(
                        passwordStart, password.count, saltStart, salt.count, 1 << UInt64(parameters.log2N),
                        UInt32(parameters.r), UInt32(parameters.p), outputStart, output.count)
                }
            }
            guard result == 0 else {
                throw VarveError(
                    .local, "scrypt failed: \(String(cString: strerror(errno)))",
                    advice: "it needs \(parameters.workingBytes >> 20) MiB of free memory")
            }
        }
    }

    private static func extract(_ ikm: SecretBytes, salt: [UInt8]) -> SecretBytes {
        let key = SecretBytes(salt.isEmpty ? [UInt8](repeating: 0, count: digestLength) : salt)
        return SecretBytes(count: digestLength) { output in
            ikm.withUnsafeBytes { authenticate($0, key: key, into: output) }
        }
    }

    private static func authenticate(_ message: [UInt8], key: SecretBytes, into output: UnsafeMutableRawBufferPointer) {
        message.withUnsafeBytes { authenticate($0, key: key, into: output) }
    }

    private static func authenticate(
        _ message: UnsafeRawBufferPointer, key: SecretBytes, into output: UnsafeMutableRawBufferPointer
    ) {
        let result = key.withUnsafeBytes { key in
            HMAC(
                EVP_sha256(), key.baseAddress, Int32(key.count),
                message.baseAddress?.assumingMemoryBound(to: UInt8.self), message.count,
                output.baseAddress?.assumingMemoryBound(to: UInt8.self), nil)
        }
        // It fails only where memory is exhausted, as an array would.
        precondition(result != nil, "HMAC failed: \(OpenSSL.takeErrorText())")
    }

    private static func wipe(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
    }
}
