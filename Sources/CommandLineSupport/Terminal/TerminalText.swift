/// Text as a terminal shows it: what takes how many columns, and what may be shown at all.
package enum TerminalText {
    /// The text with a replacement character for everything that steers a terminal: control characters, line
    /// separators, and the marks that turn the reading direction. Names come from other machines and are not to be
    /// trusted.
    package static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: steersTerminal) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { result.append(steersTerminal(scalar) ? "\u{fffd}" : scalar) }
        return String(result)
    }

    /// The columns that the text takes: none for a combining mark, two for a scalar of East Asian wide blocks or an
    /// emoji, else one.
    package static func width(_ text: String) -> Int {
        var columns = 0
        for scalar in text.unicodeScalars { columns += width(of: scalar) }
        return columns
    }

    /// The text in `columns` columns at most; where it is longer, its end behind "…", since paths differ there.
    package static func fitted(_ text: String, to columns: Int) -> String {
        guard width(text) > columns else { return text }
        var end = String.UnicodeScalarView.SubSequence(text.unicodeScalars)
        var left = width(text)
        while left > max(0, columns - 1), let scalar = end.popFirst() { left -= width(of: scalar) }
        return columns > 0 ? "…" + String(end) : ""
    }

    /// The words of the text in lines of `columns` columns at most; only a word that is longer has a longer line.
    package static func wrapped(_ text: String, to columns: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if line.isEmpty {
                line = String(word)
            } else if width(line) + 1 + width(String(word)) <= columns {
                line += " " + word
            } else {
                lines.append(line)
                line = String(word)
            }
        }
        return line.isEmpty ? lines : lines + [line]
    }

    private static func steersTerminal(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }

    private static func width(of scalar: Unicode.Scalar) -> Int {
        if scalar.value < 0x300 { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
            0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1faff, 0x20000...0x3fffd:
            return 2
        default: return 1
        }
    }
}
