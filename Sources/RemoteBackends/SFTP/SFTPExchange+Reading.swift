import Primitives

/// A whole file, or the size of one that is too large.
enum SFTPContent: Sendable {
    case bytes([UInt8])
    case larger(UInt64)
}

extension SFTPExchange {
    /// Reads a whole file.
    ///
    /// - Parameter limit: the most bytes that are read into memory.
    func readWhole(_ path: SFTPRequest.Path, limit: Int, _ meter: SFTPMeter) throws(SFTPFailure) -> SFTPContent {
        let handle = try handle(.open(path, .read, permissions: 0))
        defer { sendAndForget(.close(handle)) }
        let size = try attributes(.fileStatus(handle)).size ?? 0
        if size > UInt64(limit) { return .larger(size) }
        return .bytes(try read(handle, upTo: Int(size), meter))
    }

    /// Reads what the file holds, `count` bytes at most.
    func read(_ handle: SFTPRequest.Handle, upTo count: Int, _ meter: SFTPMeter) throws(SFTPFailure) -> [UInt8] {
        var failure: SFTPFailure?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = 0
            do throws(SFTPFailure) {
                filled = try read(handle, at: 0, into: UnsafeMutableRawBufferPointer(buffer), meter)
            } catch { failure = error }
        }
        if let failure { throw failure }
        return bytes
    }
}

/// What `statvfs@openssh.com` tells that matters here.
struct SFTPFreeSpace: Hashable, Sendable {
    /// Those that an ordinary user may still write.
    let bytes: UInt64

    init(decoding reply: ArraySlice<UInt8>) throws(MalformedBytes) {
        var reader = ByteReader(reply, of: "SFTP free space")
        _ = try reader.readNumber(UInt64.self)
        let unit = try reader.readNumber(UInt64.self)
        _ = try reader.readSlice(16)
        let (bytes, isTooMuch) = unit.multipliedReportingOverflow(by: try reader.readNumber(UInt64.self))
        self.bytes = isTooMuch ? .max : bytes
    }
}
