/// What a repair marked as lost, in words.
extension TreeEntry {
    /// What of this entry is lost; `nil` where nothing is.
    package var lostText: String? {
        if lostEntries > 0 { return TreeEntry.lostText(entries: lostEntries) }
        if lostRanges.isEmpty { return nil }
        let shown = lostFileRanges.prefix(8).map { "\($0.lowerBound) to \($0.upperBound)" }.joined(separator: ", ")
        let rest = lostFileRanges.count - 8
        return "bytes \(shown)\(rest > 0 ? " and \(rest) further ranges" : "") are lost since a repair"
    }

    package static func lostText(entries: UInt64) -> String {
        "\(entries) \(entries == 1 ? "entry is" : "entries are") lost since a repair"
    }

    /// The lost ranges as offsets of the file, which has holes where the content has none.
    private var lostFileRanges: [Range<Int64>] {
        guard sparse != nil else { return lostRanges.map { Int64($0.lowerBound)..<Int64($0.upperBound) } }
        var position = ExtentPosition(self)
        var end: UInt64 = 0
        var ranges: [Range<Int64>] = []
        for range in lostRanges {
            position.advance(by: Int64(range.lowerBound - end))
            for (offset, piece) in position.pieces(of: range.count) {
                ranges.append(offset..<offset + Int64(piece.count))
            }
            end = range.upperBound
        }
        return ranges
    }
}
