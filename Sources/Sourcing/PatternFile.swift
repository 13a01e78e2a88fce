import Primitives

extension ExcludePatterns {
    /// The patterns in a file: one a line, white space around it removed; empty lines and those that begin with `#` left out.
    ///
    /// `$NAME` and `${NAME}` stand for a variable of the environment, `$$` for a dollar sign, as in restic's exclude files.
    /// - Parameter variable: the value of a variable; one that is not set stands for nothing.
    /// - Throws: `VarveError` of kind `usage` for text in UTF-16 and for a `${` without its `}`.
    package static func parseFile(
        _ bytes: [UInt8], variable: (String) -> [UInt8]?
    ) throws(VarveError) -> [[UInt8]] {
        if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
            throw VarveError(.usage, "the file of patterns is UTF-16 text", advice: "save it as UTF-8")
        }
        let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]
        let text = bytes.starts(with: byteOrderMark) ? bytes.dropFirst(byteOrderMark.count) : bytes[...]
        var patterns: [[UInt8]] = []
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let trimmed = trim(line)
            if trimmed.isEmpty || trimmed.first == UInt8(ascii: "#") { continue }
            patterns.append(try expand(trimmed, variable))
        }
        return patterns
    }

    private static func trim(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0d).contains(byte) }
        guard let first = line.firstIndex(where: { !isSpace($0) }), let last = line.lastIndex(where: { !isSpace($0) })
        else { return [] }
        return line[first...last]
    }

    /// Expands variables as Go's `os.Expand` does, which restic uses.
    private static func expand(
        _ line: ArraySlice<UInt8>, _ variable: (String) -> [UInt8]?
    ) throws(VarveError) -> [UInt8] {
        var result: [UInt8] = []
        var rest = line
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "$") else {
                result.append(byte)
                continue
            }
            let name: ArraySlice<UInt8>
            if rest.first == UInt8(ascii: "{") {
                guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else {
                    throw VarveError(
                        .usage, "the pattern \"\(ByteString.display(line))\" has a ${ without a }",
                        advice: "write $$ for a dollar sign")
                }
                name = rest[(rest.startIndex + 1)..<end]
                rest = rest[(end + 1)...]
            } else if let first = rest.first, isSpecial(first) {
                name = rest.prefix(1)
                rest.removeFirst()
            } else {
                name = rest.prefix { isPartOfName($0) }
                rest = rest.dropFirst(name.count)
                // A dollar sign before anything else is itself.
                if name.isEmpty { result.append(byte) }
            }
            if name.elementsEqual("$".utf8) {
                result.append(UInt8(ascii: "$"))
            } else if !name.isEmpty {
                result += variable(String(decoding: name, as: UTF8.self)) ?? []
            }
        }
        return result
    }

    /// The names of one character that a shell knows: `$1`, `$?`, and `$$` for a dollar sign.
    private static func isSpecial(_ byte: UInt8) -> Bool { "*#$@!?-0123456789".utf8.contains(byte) }

    private static func isPartOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
