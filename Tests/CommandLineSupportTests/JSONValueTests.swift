import CommandLineSupport
import SeededData
import Testing

struct JSONValueTests {
    @Test func writesLiteralsInOrder() {
        let count = 7
        let value: JSONValue = [
            "message_type": "summary", "files_new": 3, "ratio": 1.5, "dry_run": false, "parent": nil,
            "tags": ["a", "b"],
            "empty": [:], "none": [], "count": .number(count), "text": "\(count) files",
        ]
        #expect(
            value.text == """
                {"message_type":"summary","files_new":3,"ratio":1.5,"dry_run":false,"parent":null,"tags":["a","b"],\
                "empty":{},"none":[],"count":7,"text":"7 files"}
                """)
    }

    @Test func writesNumbers() {
        #expect(JSONValue.number(UInt64.max).text == "18446744073709551615")
        #expect(JSONValue.number(Int64.min).text == "-9223372036854775808")
        #expect(JSONValue.number(UInt8(200)) == .integer(200))
        #expect(JSONValue.number(UInt64(1) << 63) == .unsigned(1 << 63))
        #expect(JSONValue.number(Int64.max) == .integer(.max))
        #expect(JSONValue.double(0.1).text == "0.1")
        #expect(JSONValue.double(-1e300).text == "-1e+300")
        #expect(JSONValue.double(.infinity).text == "null")
        #expect(JSONValue.double(.nan).text == "null")
    }

    @Test func escapesStrings() {
        let value = JSONValue.string("a\"b\\c/\u{0}\u{1f}\u{7f}\n\r\t\u{8}\u{c}é日😀\u{2028}")
        #expect(value.text == #""a\"b\\c/\u0000\u001f\u007f\n\r\t\b\fé日😀"# + "\u{2028}\"")
        #expect(JSONValue.object([.init("a\nb", 1)]).text == #"{"a\nb":1}"#)
        #expect(JSONValue.strings(["x", ""]).text == #"["x",""]"#)
    }

    @Test func anyStringStaysOnOneLineAndComesBack() throws {
        var generator = SeededRandom(seed: 3)
        let alphabet: [Unicode.Scalar] = ["a", "\"", "\\", "\n", "\u{1}", "\u{7f}", "é", "😀", "u", "0"]
        for _ in 0..<500 {
            var scalars = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...20, using: &generator) {
                scalars.append(alphabet.randomElement(using: &generator) ?? "a")
            }
            let string = String(scalars)
            let text = JSONValue.string(string).text
            #expect(!text.utf8.contains { $0 < 0x20 })
            #expect(try unescaped(text) == string)
        }
    }

    /// The content of a JSON string, read by the rules of RFC 8259, section 7.
    private func unescaped(_ text: String) throws -> String {
        var rest = text.unicodeScalars[...]
        guard rest.popFirst() == "\"", rest.popLast() == "\"" else { throw Unexpected(what: text) }
        var result = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            guard scalar == "\\" else {
                guard scalar != "\"" else { throw Unexpected(what: text) }
                result.append(scalar)
                continue
            }
            let letter = rest.popFirst() ?? " "
            let simple: [Unicode.Scalar: Unicode.Scalar] = [
                "\"": "\"", "\\": "\\", "n": "\n", "r": "\r", "t": "\t", "b": "\u{8}", "f": "\u{c}",
            ]
            if let meant = simple[letter] {
                result.append(meant)
            } else {
                guard letter == "u", let code = UInt32(String(rest.prefix(4)), radix: 16),
                    let meant = Unicode.Scalar(code)
                else { throw Unexpected(what: text) }
                rest = rest.dropFirst(4)
                result.append(meant)
            }
        }
        return String(result)
    }
}
