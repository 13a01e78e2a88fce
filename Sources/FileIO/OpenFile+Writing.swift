import Glibc

extension OpenFile {
    /// Writes all of `buffer` at the file's position.
    package func write(_ buffer: UnsafeRawBufferPointer) throws(SystemError) {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeRawBufferPointer(rebasing: buffer[done...])
            done += try perform("write") { Glibc.write($0, rest.baseAddress, rest.count) }
        }
        FileChange.tell(.write(path, offset: nil, Array(buffer)))
    }

    /// Writes all of `buffer` from `offset` on, leaving the file's position alone.
    package func write(_ buffer: UnsafeRawBufferPointer, at offset: Int64) throws(SystemError) {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeRawBufferPointer(rebasing: buffer[done...])
            done += try perform("write") { pwrite($0, rest.baseAddress, rest.count, off_t(offset + Int64(done))) }
        }
        FileChange.tell(.write(path, offset: offset, Array(buffer)))
    }

    /// Writes all of `bytes` at the file's position.
    package func write(_ bytes: [UInt8]) throws(SystemError) {
        try bytes.withUnsafeBufferPointer { buffer throws(SystemError) in try write(UnsafeRawBufferPointer(buffer)) }
    }

    /// Waits until what was written is on the disk (fsync).
    package func synchronize() throws(SystemError) {
        try perform("write to disk") { fsync($0) }
        FileChange.tell(.synchronize(path))
    }

    /// Waits until the names in this folder are on the disk; does nothing where the file system has no such call.
    package func synchronizeDirectory() throws(SystemError) {
        do throws(SystemError) {
            try synchronize()
        } catch  where error.errnoCode == EINVAL || error.errnoCode == ENOTSUP {
            return
        }
    }

    /// Cuts the file, or extends it with zeros, to `size` bytes.
    package func truncate(to size: Int64) throws(SystemError) {
        try perform("set the size of") { ftruncate($0, off_t(size)) }
        FileChange.tell(.setSize(path, size))
    }

    /// Takes the exclusive advisory lock (flock) unless another open file holds one; released with the descriptor.
    ///
    /// - Returns: whether it was taken.
    /// - Throws: `SystemError` where the file system has no locks.
    package func tryLockExclusively() throws(SystemError) -> Bool {
        do throws(SystemError) {
            try perform("lock") { flock($0, LOCK_EX | LOCK_NB) }
            return true
        } catch  where error.errnoCode == EWOULDBLOCK {
            return false
        }
    }
}
