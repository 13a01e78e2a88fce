import FileIO

/// Gives out the bytes of a request's body from front to back, again from any place.
struct BodyReader {
    private let body: HTTPBody
    private(set) var position: UInt64 = 0

    init(_ body: HTTPBody) { self.body = body }

    var count: UInt64 { body.count }
    var remaining: UInt64 { count - position }

    /// - Returns: whether there is such a place.
    mutating func seek(to position: UInt64) -> Bool {
        guard position <= count else { return false }
        self.position = position
        return true
    }

    /// Gives the next bytes, as many as fit and are there.
    ///
    /// - Throws: where the file cannot be read or ends too early.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(TransferFailure) -> Int {
        let wanted = Int(min(UInt64(buffer.count), remaining))
        let target = UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
        switch body {
        case .none: return 0
        case .bytes(let bytes):
            let start = Int(position)
            bytes.withUnsafeBytes {
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + wanted]))
            }
        case .file(let file, let offset, _):
            do throws(SystemError) {
                let got = try file.readFully(into: target, at: Int64(clamping: offset + position))
                guard got == wanted else {
                    throw SystemError(errnoCode: 0, operation: "read", path: file.path.display)
                }
            } catch {
                let reason = error.errnoCode == 0 ? "it is shorter than it was" : error.reason
                throw TransferFailure(.unreadableBody, "cannot read \(file.path.display): \(reason)")
            }
        }
        position += UInt64(wanted)
        return wanted
    }
}
