/// Rows of aligned columns under a header, for people.
package struct Table: Sendable {
    /// A column: its title and to which side its cells lean.
    package struct Column: Sendable {
        fileprivate let title: String
        fileprivate let isRightAligned: Bool

        package static func left(_ title: String) -> Column { Column(title: title, isRightAligned: false) }
        package static func right(_ title: String) -> Column { Column(title: title, isRightAligned: true) }
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    package init(_ columns: [Column]) { self.columns = columns }

    package var isEmpty: Bool { rows.isEmpty }

    /// Adds a row; it has a cell for each column. What steers a terminal is replaced.
    package mutating func append(_ cells: [String]) {
        precondition(cells.count == columns.count, "a row of \(cells.count) cells for \(columns.count) columns")
        rows.append(cells.map(TerminalText.printable))
    }

    /// The header and the rows, two spaces between columns, no spaces at the end of a line.
    package var lines: [String] {
        let all = [columns.map(\.title)] + rows
        let widths = columns.indices.map { column in all.map { TerminalText.width($0[column]) }.max() ?? 0 }
        return all.map { cells in
            var line = ""
            for (index, cell) in cells.enumerated() {
                let padding = String(repeating: " ", count: widths[index] - TerminalText.width(cell))
                line += (index > 0 ? "  " : "") + (columns[index].isRightAligned ? padding + cell : cell + padding)
            }
            let end = line.lastIndex { $0 != " " }.map { line.index(after: $0) } ?? line.startIndex
            return String(line[..<end])
        }
    }
}
