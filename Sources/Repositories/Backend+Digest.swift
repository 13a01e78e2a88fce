import Backends
import Hashing
import Primitives
import Threads

extension Backend {
    /// Reads an object from its first byte to its last, part by part, and gives the SHA-256 of all.
    ///
    /// - Parameters:
    ///   - size: in bytes, as a listing or an index says.
    ///   - step: how many bytes are read at once.
    ///   - body: gets each part once it is read.
    /// - Throws: as ``read(_:at:into:)``; what `body` throws; the error of the cancellation.
    package func digest(
        of name: ObjectName, size: UInt64, step: Int, _ cancellation: Cancellation,
        _ body: (UnsafeRawBufferPointer) throws(VarveError) -> Void
    ) throws(VarveError) -> Digest {
        var hasher = SHA256Hasher()
        let buffer = Buffer(capacity: max(Int(min(UInt64(step), size)), 1))
        var offset: UInt64 = 0
        while offset < size {
            try cancellation.check()
            let count = Int(min(UInt64(buffer.capacity), size - offset))
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<count])
            try read(name, at: offset, into: part)
            hasher.update(UnsafeRawBufferPointer(part))
            try body(UnsafeRawBufferPointer(part))
            offset += UInt64(count)
        }
        return hasher.finalized()
    }
}
