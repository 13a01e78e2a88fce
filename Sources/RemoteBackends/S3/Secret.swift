import COpenSSL

/// A secret text: never printed, and wiped from memory when its last owner lets go.
final class Secret: Sendable {
    // Written in the initializer and wiped in deinit only, so it may be read from every thread.
    private nonisolated(unsafe) let storage: UnsafeMutableRawBufferPointer

    init(_ text: String) {
        let bytes = Array(text.utf8)
        storage = .allocate(byteCount: bytes.count, alignment: 16)
        storage.copyBytes(from: bytes)
    }

    deinit {
        OPENSSL_cleanse(storage.baseAddress, storage.count)
        storage.deallocate()
    }

    /// A copy, which is the caller's to forget.
    var bytes: [UInt8] { Array(storage) }
    var text: String { String(decoding: storage, as: UTF8.self) }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    var description: String { "<secret>" }
    var debugDescription: String { "<secret>" }
    var customMirror: Mirror { Mirror(self, children: []) }
}
