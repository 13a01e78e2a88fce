import Backends
import Primitives

/// Reads a pack from one end to the other, part by part. Where each request takes its time, each is for many parts.
package struct PackScan {
    private let repository: Repository
    private let name: ObjectName
    private let size: UInt64
    /// What was read and not given yet begins here, in the pack.
    private var start: UInt64
    private var window: ArraySlice<UInt8> = []

    /// Bytes of a request to a distant storage.
    private static let windowSize: UInt64 = 4 << 20

    /// - Parameter size: of the whole pack; nothing behind it is asked for.
    package init(_ repository: Repository, _ pack: Digest, size: UInt64) {
        self.repository = repository
        name = ObjectName(.data, pack)
        self.size = size
        start = 0
    }

    /// The next bytes of the pack.
    ///
    /// - Throws: kind `damaged` where the pack ends before.
    package mutating func next(_ count: Int) throws(VarveError) -> [UInt8] {
        if window.count < count {
            let position = start + UInt64(window.count)
            let missing = UInt64(count - window.count)
            let ahead = repository.backend.isDistant ? PackScan.windowSize : 0
            let wanted = max(missing, min(ahead, size - min(size, position)))
            let bytes = try repository.readBytes(name, at: position, count: Int(wanted))
            if window.isEmpty { window = bytes[...] } else { window += bytes }
        }
        defer {
            window = window.dropFirst(count)
            start += UInt64(count)
        }
        return Array(window.prefix(count))
    }
}
