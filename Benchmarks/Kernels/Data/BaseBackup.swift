import SeededData
/// A base backup of a PostgreSQL server: a tar of relation files, which are heap pages of 8 KiB with their headers, line
/// pointers, a gap and tuples (PostgreSQL's documentation, "Database Page Layout").
struct BaseBackup {
    private static let pageSize = 8192
    private static let pagesPerFile = 2048
    private static let pageHeader = 24
    private static let tupleHeader = 24

    private var random: SeededRandom
    private var rows: DumpRows
    private var logPosition: UInt64 = 0x1_6B37_4000

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        rows = DumpRows(seed: seed)
    }

    consuming func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        var position = 0
        var pages = 0
        while position < buffer.count {
            var part = UnsafeMutableRawBufferPointer(rebasing: buffer[position...])
            if pages % BaseBackup.pagesPerFile == 0 {
                let header = Array("base/16384/\(24_576 + pages / BaseBackup.pagesPerFile)".utf8)
                part.copyBytes(from: header.prefix(part.count))
                position += 512
                guard position < buffer.count else { return }
                part = UnsafeMutableRawBufferPointer(rebasing: buffer[position...])
            }
            if part.count >= BaseBackup.pageSize {
                writePage(UnsafeMutableRawBufferPointer(rebasing: part[..<BaseBackup.pageSize]), number: pages)
            }
            position += BaseBackup.pageSize
            pages += 1
        }
    }

    /// Writes a page over zeros.
    private mutating func writePage(_ page: UnsafeMutableRawBufferPointer, number: Int) {
        logPosition += UInt64(random.next(below: 4096)) << 3
        var lower = BaseBackup.pageHeader
        var upper = BaseBackup.pageSize
        var tuple = 0
        while true {
            let row = rows.next()
            let length = BaseBackup.tupleHeader + row.count
            let start = (upper - length) & ~7
            guard start >= lower + 4 else { break }
            tuple += 1
            // A line pointer: offset, the state "normal", length.
            page.storeBytes(of: UInt32(start) | 1 << 15 | UInt32(length) << 17, toByteOffset: lower, as: UInt32.self)
            page.storeBytes(of: UInt32(750_000 + number / 7), toByteOffset: start, as: UInt32.self)
            page.storeBytes(of: UInt32(number), toByteOffset: start + 12, as: UInt32.self)
            page.storeBytes(of: UInt16(tuple), toByteOffset: start + 16, as: UInt16.self)
            page.storeBytes(of: 0x0902_0008, toByteOffset: start + 18, as: UInt32.self)
            page.storeBytes(of: UInt8(BaseBackup.tupleHeader), toByteOffset: start + 22, as: UInt8.self)
            UnsafeMutableRawBufferPointer(rebasing: page[(start + BaseBackup.tupleHeader)...]).copyBytes(from: row)
            lower += 4
            upper = start
        }
        page.storeBytes(of: logPosition, toByteOffset: 0, as: UInt64.self)
        page.storeBytes(of: UInt16(truncatingIfNeeded: random.next()), toByteOffset: 8, as: UInt16.self)
        page.storeBytes(of: UInt16(lower), toByteOffset: 12, as: UInt16.self)
        page.storeBytes(of: UInt16(upper), toByteOffset: 14, as: UInt16.self)
        page.storeBytes(of: UInt16(BaseBackup.pageSize), toByteOffset: 16, as: UInt16.self)
        page.storeBytes(of: UInt16(BaseBackup.pageSize | 4), toByteOffset: 18, as: UInt16.self)
    }
}
