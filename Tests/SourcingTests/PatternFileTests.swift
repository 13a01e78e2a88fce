import Primitives
import Sourcing
import Testing

@Suite struct PatternFileTests {
    private func parse(_ text: String) throws -> [String] {
        let variables = ["HOME": "/home/bob", "N": "x y", "STAR": "*"]
        return try ExcludePatterns.parseFile(Array(text.utf8)) { variables[$0].map { Array($0.utf8) } }
            .map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func linesAreTrimmedAndCommentsLeftOut() throws {
        #expect(try parse("# all\n\n  *.go \t\r\n   # no\n!a b\na#b\n\u{b}\nlast") == ["*.go", "!a b", "a#b", "last"])
        #expect(try parse("") == [])
        #expect(try parse("\u{feff}# comment\nx") == ["x"])
    }

    @Test(arguments: [
        ("$HOME/a", "/home/bob/a"), ("!${HOME}s", "!/home/bobs"), ("$HOMEs", ""), ("a$N-b", "ax y-b"),
        ("$$HOME", "$HOME"),
        ("cost$", "cost$"), ("$/a", "$/a"), ("${}x", "x"), ("a$1b", "ab"), ("$UNSET/x", "/x"), ("${$}", "$"),
        ("*.$STAR", "*.*"), ("$$$$", "$$"),
    ])
    func variablesAreExpanded(line: String, expected: String) throws {
        #expect(try parse(line) == [expected])
    }

    @Test func bytesAreKept() throws {
        #expect(try ExcludePatterns.parseFile([0xff, 0x2a, 0x0a, 0x80]) { _ in nil } == [[0xff, 0x2a], [0x80]])
    }

    @Test func whatCannotBeReadIsRefused() {
        #expect(throws: VarveError.self) { try parse("a\n${HOME") }
        #expect(throws: VarveError.self) {
            try ExcludePatterns.parseFile([0xff, 0xfe, 0x61, 0]) { _ in nil }
        }
    }
}
