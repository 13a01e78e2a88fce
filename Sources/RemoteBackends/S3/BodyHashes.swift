import COpenSSL
import FileIO
import Glibc
import Hashing
import Primitives
import Transfers

extension HTTPBody {
    /// SHA-256, by which servers check what they get.
    ///
    /// - Throws: `SystemError` where the file cannot be read, or ends before the body does.
    func sha256() throws(SystemError) -> Digest {
        var hasher = SHA256Hasher()
        switch self {
        case .none: break
        case .bytes(let bytes): hasher.update(bytes)
        case .file(let file, let offset, let count):
            try file.readPieces(from: offset, count: count) { hasher.update($0) }
        }
        return hasher.finalized()
    }
}

/// The hash that buckets with object locks ask for.
enum MD5 {
    static func digest(of body: HTTPBody) throws(TransferFailure) -> [UInt8] {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        EVP_DigestInit_ex(context, EVP_md5(), nil)
        switch body {
        case .none: break
        case .bytes(let bytes): EVP_DigestUpdate(context, bytes, bytes.count)
        case .file(let file, let offset, let count):
            do throws(SystemError) {
                try file.readPieces(from: offset, count: count) { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
            } catch {
                throw TransferFailure(.unreadableBody, error.description)
            }
        }
        var digest = [UInt8](repeating: 0, count: 16)
        EVP_DigestFinal_ex(context, &digest, nil)
        return digest
    }
}

extension OpenFile {
    /// Gives `body` `count` bytes from `offset` on, a piece at a time.
    ///
    /// - Throws: `SystemError`, with `EIO` where the file ends before.
    func readPieces(
        from offset: UInt64, count: UInt64, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(SystemError) {
        var piece = [UInt8](repeating: 0, count: Int(min(count, 1 << 18)))
        var position = offset
        while position < offset + count {
            let wanted = Int(min(UInt64(piece.count), offset + count - position))
            // Array.withUnsafeMutableBytes passes no typed throws on.
            let count = try piece.withUnsafeMutableBufferPointer { buffer throws(SystemError) in
                try readFully(
                    into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<wanted]),
                    at: Int64(position))
            }
            guard count == wanted else {
                throw SystemError(errnoCode: EIO, operation: "read to its end", path: path.display)
            }
            piece.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<wanted])) }
            position += UInt64(wanted)
        }
    }
}
