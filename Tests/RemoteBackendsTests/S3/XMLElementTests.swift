import Primitives
import Testing

@testable import RemoteBackends

@Suite("XML from servers")
struct XMLElementTests {
    private func parse(_ text: String) throws -> XMLElement { try XMLElement(parsing: Array(text.utf8)) }

    @Test("names, texts and children are there, prefixes and attributes are not")
    func tree() throws {
        let root = try parse(
            """
             \n<?xml version="1.0" encoding="UTF-8"?>
            <s3:A xmlns:s3="http://x" k="v"><B>one &amp; &#116;wo</B><s3:B>é<![CDATA[<x>]]></s3:B><C/></s3:A>
            """)
        #expect(root.name == "A")
        #expect(root.children.map(\.name) == ["B", "B", "C"])
        #expect(root.children.map(\.text) == ["one & two", "é<x>", ""])
        #expect(root.text(of: "B") == "one & two" && root["C"]?.text == "" && root["D"] == nil)
    }

    static let malformedDocuments = [
        "", " ", "text", "<a>", "<a></b>", "<a/><b/>", "<a>&unknown;</a>", "<a>\u{0}</a>", "<a", "<a>\u{1}</a>",
        "<!DOCTYPE a><a/>",
        "<!DOCTYPE a [<!ENTITY b \"b\">]><a>&b;</a>",
        "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>",
        "<!DOCTYPE a SYSTEM \"http://127.0.0.1/a.dtd\"><a/>",
    ]

    @Test("what is no document, or one with a document type, is refused", arguments: malformedDocuments)
    func malformed(text: String) { #expect(throws: MalformedXML.self) { try parse(text) } }

    @Test("bytes that are no UTF-8 are refused")
    func encoding() {
        #expect(throws: MalformedXML.self) {
            try XMLElement(parsing: Array("<a>".utf8) + [0xff, 0xfe] + Array("</a>".utf8))
        }
        #expect(throws: MalformedXML.self) { try parse("<?xml version=\"1.0\" encoding=\"latin9\"?><a/><") }
    }

    @Test("documents that would take too much are refused")
    func limits() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        }
        _ = try parse(nested(16))
        #expect(throws: MalformedXML.self) { try parse(nested(17)) }
        #expect(throws: MalformedXML.self) { try parse("<a>" + String(repeating: "<b/>", count: 100_001) + "</a>") }
        #expect(throws: MalformedXML.self) { try parse("<a>" + String(repeating: "x", count: 1 << 17) + "</a>") }
    }
}
