import SeededData

/// Rows such as those of a dump, of which some change from version to version.
package struct EditedTable {
    private var rows: [[UInt8]] = []
    private var random: SeededRandom

    package init(rows count: Int, seed: UInt64) {
        random = SeededRandom(seed: seed)
        rows = (0..<count).map { _ in [] }
        for number in rows.indices { rows[number] = row(number) }
    }

    private mutating func row(_ number: Int) -> [UInt8] {
        var row = Array("\(number)\tshipped order of a customer\t".utf8)
        for _ in 0..<2 {
            var bits = random.next()
            for _ in 0..<16 {
                row.append(UInt8(ascii: "a") + UInt8(bits & 15))
                bits >>= 4
            }
        }
        row.append(UInt8(ascii: "\n"))
        return row
    }

    package var bytes: [UInt8] { Array(rows.joined()) }

    /// Gives one row in so many another content.
    package mutating func change(oneIn count: UInt64) {
        for number in rows.indices where random.next() % count == 0 { rows[number] = row(number) }
    }

    /// Appends something to every row.
    package mutating func changeAll() {
        for number in rows.indices { rows[number].insert(UInt8(ascii: "x"), at: rows[number].count - 1) }
    }

    package mutating func insert(_ count: Int, at place: Int) {
        rows.insert(contentsOf: (0..<count).map { row(1_000_000 + $0) }, at: place)
    }

    package mutating func remove(_ places: Range<Int>) { rows.removeSubrange(places) }

    package mutating func swapHalves() { rows = Array(rows[(rows.count / 2)...] + rows[..<(rows.count / 2)]) }
}
