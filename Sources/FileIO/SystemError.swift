import CLinux
import Glibc
import Primitives

/// A system call that failed: which, on what, and why.
package struct SystemError: Error, Hashable, Sendable {
    /// The value of `errno`.
    package let errnoCode: Int32
    /// What was tried, as a verb that the name of the object may follow: "open", "set the owner of".
    package let operation: String
    /// The object, as people read it.
    package let path: String

    package init(errnoCode: Int32, operation: String, path: String) {
        self.errnoCode = errnoCode
        self.operation = operation
        self.path = path
    }

    /// The reason in the words of the C library: "No such file or directory".
    package var reason: String {
        guard let text = varve_error_description(errnoCode) else { return "error \(errnoCode)" }
        return String(cString: text)
    }

    /// Whether the object, or a folder on the way to it, does not exist.
    package var isMissing: Bool { errnoCode == ENOENT || errnoCode == ENOTDIR }

    /// Whether the same call may succeed later: the reason is a shortage or a fault that passes.
    ///
    /// `EIO` counts: folders on a network report it when a server is away for a moment. After a failed `fsync` the whole
    /// file must be written again, because the kernel may have dropped the pages.
    package var isRetryable: Bool {
        switch errnoCode {
        case EINTR, EAGAIN, EBUSY, EIO, EMFILE, ENFILE, ENOMEM, ENOBUFS, ETIMEDOUT, ESTALE, EHOSTDOWN, EHOSTUNREACH,
            ENETDOWN, ENETUNREACH, ECONNRESET:
            true
        default: false
        }
    }

    /// What a person can do about it; empty where there is nothing to say.
    package var advice: String {
        switch errnoCode {
        case ENOSPC, EDQUOT: "the disk is full or a quota is reached: free some space there and run it again"
        case EACCES, EPERM: "run as a user who may do that, or change its permissions"
        case EROFS: "the file system is mounted read-only"
        case EMFILE, ENFILE: "raise the limit of open files (ulimit -n)"
        default: ""
        }
    }

    /// The same as the error that leaves a module.
    package func asVarveError(_ kind: VarveError.Kind) -> VarveError {
        VarveError(kind, description, advice: advice, isRetryable: isRetryable)
    }
}

extension SystemError: CustomStringConvertible {
    /// "cannot open /etc/shadow: Permission denied".
    package var description: String { "cannot \(operation) \(path): \(reason)" }
}

/// Repeats `call` while a signal interrupts it; returns what it gives, at least 0, or throws with `errno`.
///
/// - Parameter path: asked only where the call fails, since making text of a path costs more than most calls.
@inline(__always)
func retrying<T: FixedWidthInteger>(
    _ operation: @autoclosure () -> String, _ path: @autoclosure () -> String, _ call: () -> T
) throws(SystemError) -> T {
    while true {
        let result = call()
        if result >= 0 { return result }
        let code = errno
        if code != EINTR { throw SystemError(errnoCode: code, operation: operation(), path: path()) }
    }
}

/// Gives `body` the bytes as a C string.
///
/// - Throws: `SystemError` with `EINVAL` where a byte is NUL, which would name something shorter.
@inline(__always)
func withCString<R>(
    _ bytes: [UInt8], _ body: (UnsafePointer<CChar>) throws(SystemError) -> R
) throws(SystemError) -> R {
    if bytes.contains(0) {
        throw SystemError(errnoCode: EINVAL, operation: "use the name", path: ByteString.display(bytes))
    }
    let terminated = [CChar](unsafeUninitializedCapacity: bytes.count + 1) { buffer, count in
        for (index, byte) in bytes.enumerated() { buffer[index] = CChar(bitPattern: byte) }
        buffer[bytes.count] = 0
        count = bytes.count + 1
    }
    // `withUnsafeBufferPointer` lends the array for the call only; a non-empty array always has an address.
    return try terminated.withUnsafeBufferPointer { buffer throws(SystemError) in
        try body(buffer.baseAddress.unsafelyUnwrapped)
    }
}
