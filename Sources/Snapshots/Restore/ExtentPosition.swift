import Glibc

/// Where in a file the next byte of its content goes: behind the one before, or at the start of the next extent of a sparse file.
struct ExtentPosition {
    private var extents: ArraySlice<Range<UInt64>>?
    private(set) var position: Int64

    /// At the start of the content.
    init(_ entry: TreeEntry) {
        extents = entry.sparse.map { $0.extents[...] }
        position = extents?.first.map { Int64($0.lowerBound) } ?? 0
    }

    /// At an offset of the file that holds content.
    init(_ entry: TreeEntry, at offset: Int64) {
        extents = entry.sparse.map { sparse in
            let index = sparse.extents.firstIndex { $0.upperBound > UInt64(offset) } ?? sparse.extents.endIndex
            return sparse.extents[index...]
        }
        position = offset
    }

    mutating func advance(by count: Int64) { _ = pieces(of: Int(count)) }

    /// Where the next `count` bytes of content go, as offsets of the file and ranges of those bytes; moves behind them.
    mutating func pieces(of count: Int) -> [(offset: Int64, range: Range<Int>)] {
        guard var rest = extents else {
            defer { position += Int64(count) }
            return [(position, 0..<count)]
        }
        var pieces: [(Int64, Range<Int>)] = []
        var done = 0
        while done < count, let extent = rest.first {
            let step = min(count - done, Int(extent.upperBound) - Int(position))
            if step > 0 { pieces.append((position, done..<done + step)) }
            done += step
            position += Int64(step)
            if position == Int64(extent.upperBound) {
                rest.removeFirst()
                if let next = rest.first { position = Int64(next.lowerBound) }
            }
        }
        extents = rest
        return pieces
    }
}

/// Whether two runs of bytes are equal (memcmp).
func compareBytes(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Bool { memcmp(a, b, count) == 0 }
