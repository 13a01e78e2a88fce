import CLinux
import Glibc

/// The holes of sparse files. These calls move the file's position, so read such files at offsets.
extension OpenFile {
    /// The first byte of data at or after `offset`; `nil` where only a hole or nothing follows.
    ///
    /// A file system without holes counts as data throughout.
    package func nextData(from offset: Int64) throws(SystemError) -> Int64? {
        do throws(SystemError) {
            return try seek(offset, varve_SEEK_DATA)
        } catch  where error.errnoCode == EINVAL {
            return offset < (try size()) ? offset : nil
        }
    }

    /// The first byte of a hole at or after `offset`, or the end of the file; `nil` where `offset` is at or past the end.
    package func nextHole(from offset: Int64) throws(SystemError) -> Int64? {
        do throws(SystemError) {
            return try seek(offset, varve_SEEK_HOLE)
        } catch  where error.errnoCode == EINVAL {
            let end = try size()
            return offset < end ? end : nil
        }
    }

    private func seek(_ offset: Int64, _ whence: Int32) throws(SystemError) -> Int64? {
        do throws(SystemError) {
            return Int64(try perform("seek in") { lseek($0, off_t(offset), whence) })
        } catch  where error.errnoCode == ENXIO {
            return nil
        }
    }

    /// The ranges that hold data, in order; `nil` where the file has no hole of at least `minimumHole` bytes.
    ///
    /// Shorter holes count as data. After `limit` ranges the rest of the file counts as data.
    /// A file that is one hole has no range. The ranges end at the size that the file had at the start.
    package func dataExtents(minimumHole: Int64, limit: Int) throws(SystemError) -> [Range<Int64>]? {
        let end = try size()
        var extents: [Range<Int64>] = []
        var position: Int64 = 0
        // What lies between the last range and `stop` is a short hole, or beyond the limit: it counts as data.
        func join(upTo stop: Int64) {
            extents.append((extents.popLast()?.lowerBound ?? 0)..<stop)
            position = stop
        }
        while let start = try nextData(from: position), start < end {
            let stop = min(try nextHole(from: start) ?? end, end)
            if start - position < minimumHole {
                join(upTo: stop)
            } else if extents.count >= limit {
                join(upTo: end)
            } else {
                extents.append(start..<stop)
                position = stop
            }
        }
        if end - position < minimumHole, position < end { join(upTo: end) }
        return end == 0 || extents == [0..<end] ? nil : extents
    }
}
