import COpenSSL
import Primitives

/// Key material or a password: never printed, compared in constant time, wiped from memory when its last owner lets go.
package final class SecretBytes: Sendable {
    // Written in the initializers and wiped in deinit only, so it may be read from every thread.
    private nonisolated(unsafe) let storage: UnsafeMutableRawBufferPointer

    package var count: Int { storage.count }

    /// Copies `bytes`, which stays the caller's to forget.
    package convenience init(_ bytes: [UInt8]) {
        self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    package convenience init(random: some RandomBytes, count: Int) {
        self.init(random.bytes(count))
    }

    /// `count` bytes that `fill` writes, all zero before.
    init<Failure: Error>(count: Int, filledBy fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void)
        throws(Failure)
    {
        storage = .allocate(byteCount: count, alignment: 16)
        storage.initializeMemory(as: UInt8.self, repeating: 0)
        try fill(storage)
    }

    deinit {
        OPENSSL_cleanse(storage.baseAddress, storage.count)
        storage.deallocate()
    }

    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(storage))
    }
}

extension SecretBytes: Equatable {
    /// Takes as long for different bytes as for equal ones.
    package static func == (a: SecretBytes, b: SecretBytes) -> Bool {
        a.count == b.count && CRYPTO_memcmp(a.storage.baseAddress, b.storage.baseAddress, a.count) == 0
    }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<secret>" }
    package var debugDescription: String { "<secret>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
