import Primitives

/// The part of a pattern between two slashes.
enum PatternComponent: Hashable, Sendable {
    /// `**`: any number of names, none too.
    case anyNames
    /// A name without wildcards.
    case literal([UInt8])
    /// A name with wildcards, as Go's `filepath.Match` reads them.
    case glob([Token])

    enum Token: Hashable, Sendable {
        case byte(UInt8)
        /// `?`
        case anyCharacter
        /// `*`
        case anySequence
        /// `[…]`: the ranges of characters, and whether those outside are meant.
        case characters([ClosedRange<UInt32>], negated: Bool)
    }

    /// - Throws: `MalformedBytes` for an open or empty class, a range without an end, or a backslash at the end.
    init(_ pattern: ArraySlice<UInt8>) throws(MalformedBytes) {
        if pattern.elementsEqual("**".utf8) {
            self = .anyNames
        } else if pattern.contains(where: { "\\[]*?".utf8.contains($0) }) {
            var parser = Parser(rest: pattern)
            self = .glob(try parser.tokens())
        } else {
            self = .literal(Array(pattern))
        }
    }

    /// Whether it matches one name; ``anyNames`` matches every one.
    func matches(_ name: ArraySlice<UInt8>) -> Bool {
        switch self {
        case .anyNames: true
        case .literal(let bytes): name.elementsEqual(bytes)
        case .glob(let tokens): PatternComponent.matches(tokens, name)
        }
    }

    private static func matches(_ tokens: [Token], _ name: ArraySlice<UInt8>) -> Bool {
        var token = 0
        var position = name.startIndex
        // Where to go on when nothing fits: the last `*` takes one byte more. Earlier ones need no second try.
        var retry: (token: Int, position: Int)?
        while token < tokens.count || position < name.endIndex {
            if token < tokens.count, let next = step(tokens[token], name, position) {
                token += 1
                if tokens[token - 1] == .anySequence { retry = (token, position) }
                position = next
            } else if let last = retry, last.position < name.endIndex {
                retry = (last.token, last.position + 1)
                (token, position) = (last.token, last.position + 1)
            } else {
                return false
            }
        }
        return true
    }

    /// The position behind what `token` takes of `name`; `nil` where it does not fit. A `*` takes nothing at first.
    private static func step(_ token: Token, _ name: ArraySlice<UInt8>, _ position: Int) -> Int? {
        if token == .anySequence { return position }
        guard position < name.endIndex else { return nil }
        switch token {
        case .byte(let byte): return name[position] == byte ? position + 1 : nil
        case .anySequence: return position
        case .anyCharacter: return position + PatternCharacter(name[position...]).length
        case .characters(let ranges, let negated):
            let character = PatternCharacter(name[position...])
            return ranges.contains { $0.contains(character.value) } != negated ? position + character.length : nil
        }
    }
}

/// What `?` and `[…]` take as one: a UTF-8 sequence, or a single byte where there is none.
private struct PatternCharacter {
    let value: UInt32
    let length: Int

    init(_ bytes: ArraySlice<UInt8>) {
        let first = bytes[bytes.startIndex]
        let count = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
        if let scalar = String(validating: bytes.prefix(count), as: UTF8.self)?.unicodeScalars.first {
            value = scalar.value
            length = count
        } else {
            // Beyond Unicode, so that no range of characters holds it.
            value = 0x110000 + UInt32(first)
            length = 1
        }
    }
}

private struct Parser {
    var rest: ArraySlice<UInt8>

    mutating func tokens() throws(MalformedBytes) -> [PatternComponent.Token] {
        var tokens: [PatternComponent.Token] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "*"): tokens.append(.anySequence)
            case UInt8(ascii: "?"): tokens.append(.anyCharacter)
            case UInt8(ascii: "["): tokens.append(try characterClass())
            case UInt8(ascii: "\\"):
                guard let next = rest.popFirst() else { throw MalformedBytes("a backslash escapes nothing") }
                tokens.append(.byte(next))
            default: tokens.append(.byte(byte))
            }
        }
        return tokens
    }

    private mutating func characterClass() throws(MalformedBytes) -> PatternComponent.Token {
        let negated = rest.first == UInt8(ascii: "^")
        if negated { rest.removeFirst() }
        var ranges: [ClosedRange<UInt32>] = []
        while ranges.isEmpty || rest.first != UInt8(ascii: "]") {
            let low = try classCharacter()
            var high = low
            if rest.first == UInt8(ascii: "-") {
                rest.removeFirst()
                high = try classCharacter()
            }
            if low > high { throw MalformedBytes("a range in [ ] runs backwards") }
            ranges.append(low...high)
        }
        rest.removeFirst()
        return .characters(ranges, negated: negated)
    }

    private mutating func classCharacter() throws(MalformedBytes) -> UInt32 {
        guard let first = rest.first else { throw MalformedBytes("a [ is not closed") }
        if first == UInt8(ascii: "-") || first == UInt8(ascii: "]") {
            throw MalformedBytes("a [ ] is empty, or a - in it stands alone (write \\- for the character)")
        }
        if first == UInt8(ascii: "\\") { rest.removeFirst() }
        guard !rest.isEmpty else { throw MalformedBytes("a [ is not closed") }
        let character = PatternCharacter(rest)
        rest.removeFirst(character.length)
        return character.value
    }
}
