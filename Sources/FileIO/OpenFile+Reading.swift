import Glibc

extension OpenFile {
    /// Reads from the file's position on; returns how many bytes it got, 0 at the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        try perform("read") { Glibc.read($0, buffer.baseAddress, buffer.count) }
    }

    /// Waits until reading would not block: there are bytes, or the end, or an error to be told. For pipes and terminals.
    ///
    /// - Returns: whether that is so after at most `milliseconds`.
    package func waitForBytes(milliseconds: Int32) throws(SystemError) -> Bool {
        try perform("wait for") { descriptor in
            var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            return poll(&request, 1, milliseconds)
        } > 0
    }

    /// Reads from `offset` on, leaving the file's position alone; returns how many bytes it got, 0 at the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
        try perform("read") { pread($0, buffer.baseAddress, buffer.count, off_t(offset)) }
    }

    /// Fills `buffer` from `offset` on; returns how many bytes it got, fewer than asked for only where the file ends.
    package func readFully(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
        var count = 0
        while count < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
            let step = try read(into: rest, at: offset + Int64(count))
            if step == 0 { break }
            count += step
        }
        return count
    }

    /// Fills `buffer` from the file's position on; returns how many bytes it got, fewer than asked for only at the end.
    package func readFully(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        var count = 0
        while count < buffer.count {
            let step = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
            if step == 0 { break }
            count += step
        }
        return count
    }

    /// Reads from the file's position to its end.
    ///
    /// - Throws: `SystemError` with `EFBIG` where that is more than `limit` bytes.
    package func readAll(limit: Int) throws(SystemError) -> [UInt8] {
        // The size is a hint: a file may grow, and those of /proc say 0. One byte more shows the end without another step.
        let hint = Int(clamping: (try? size()) ?? 0)
        var room = min(max(hint, 4095), limit) + 1
        var bytes: [UInt8] = []
        while true {
            let start = bytes.count
            var failed: SystemError?
            let step = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                do throws(SystemError) { count = try readFully(into: UnsafeMutableRawBufferPointer(buffer)) } catch {
                    failed = error
                    count = 0
                }
            }
            if let failed { throw failed }
            if start == 0 { bytes = step } else { bytes += step }
            if bytes.count > limit { throw failure("read the \(limit) bytes at most of", EFBIG) }
            if step.count < room { return bytes }
            room = min(bytes.count, limit - bytes.count + 1)
        }
    }

    /// The size in bytes as fstat(2) tells it: 0 for pipes and devices.
    package func size() throws(SystemError) -> Int64 {
        var status = stat()
        try perform("examine") { fstat($0, &status) }
        return Int64(status.st_size)
    }

    /// Tells the kernel that the file will be read once from front to back; only a hint.
    package func adviseSequential() { _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL) }

    /// Tells the kernel that the pages of `range` need not stay in memory; only a hint.
    package func adviseNoLongerNeeded(_ range: Range<Int64>) {
        _ = posix_fadvise(
            descriptor, off_t(range.lowerBound), off_t(range.upperBound - range.lowerBound), POSIX_FADV_DONTNEED)
    }
}
