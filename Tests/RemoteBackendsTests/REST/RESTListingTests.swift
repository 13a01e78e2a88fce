import Primitives
import SeededData
import Testing

@testable import RemoteBackends

@Suite("Listings of the REST protocol")
struct RESTListingTests {
    private static let id = String(repeating: "3f2a", count: 16)
    private static let other = String(repeating: "01ef", count: 16)

    private func parse(_ text: String) throws -> [RESTListing.Entry] { try RESTListing.parse(Array(text.utf8)) }

    private func entry(_ hex: String, _ size: UInt64?) throws -> RESTListing.Entry {
        RESTListing.Entry(id: try #require(Digest(hex: hex)), size: size)
    }

    @Test("objects with sizes, in whatever layout and with whatever else")
    func versionTwo() throws {
        let expected = [try entry(Self.id, 17), try entry(Self.other, UInt64(1) << 40)]
        let compact = #"[{"name":"\#(Self.id)","size":17},{"size":1099511627776,"name":"\#(Self.other)"}]"#
        let more = """
             [ {"mtime" : "x\\"]}" , "name": "\(Self.id)",\t"deep": {"a": [1, -2.5e3, [], {}, null, true, false, ""]},
              "size" : 17 } ,
             {"name":"\(Self.other)","size":1099511627776,"size2":null}\r\n]\n
            """
        #expect(try parse(compact) == expected)
        #expect(try parse(more) == expected)
    }

    @Test("names alone, of version 1")
    func versionOne() throws {
        #expect(
            try parse("[\"\(Self.id)\",\"\(Self.other)\"]") == [try entry(Self.id, nil), try entry(Self.other, nil)])
    }

    @Test("an empty folder", arguments: ["[]", " [ ] ", "null", "null\n"])
    func empty(text: String) throws { #expect(try parse(text).isEmpty) }

    @Test("names that are none of ours are left out, and each object comes once")
    func names() throws {
        let text = """
            [{"name":"\(Self.id.uppercased())","size":1},{"name":"\(Self.id).damaged","size":1},{"name":"","size":1},
            {"name":"\\u0033\(Self.id.dropFirst())","size":1},{"name":"\(Self.id)","size":2},
            {"name":"\(Self.id)","size":3},{"name":"\(Self.id.dropLast())/","size":4}]
            """
        #expect(try parse(text) == [try entry(Self.id, 2)])
    }

    @Test("a size that cannot be is as none", arguments: ["-1", "1.5", "1e3", "99999999999999999999999"])
    func sizes(number: String) throws {
        #expect(try parse(#"[{"name":"\#(Self.id)","size":\#(number)}]"#) == [try entry(Self.id, nil)])
    }

    @Test(
        "what is no listing is refused",
        arguments: [
            "", " ", "{}", "[", "[{]", "[{}]", "nul", "nullx", "[]]", "[1]", "[\"a\"", "[\"a\",]", "[\"a", "[\"a\\",
            "[{\"name\"}]", "[{\"name\":\"a\" \"size\":1}]", "[{\"name\":1}]", "[{\"name\":\"a\",\"size\":\"1\"}]",
            "[{\"name\":\"a\",\"size\":}]", "<html><body>no</body></html>", "[{\"name\":\"a\",}]", "[{\"x\":tru}]",
            "[\"a\u{1}b\"]", "[{\"name\":\"a\",\"x\":" + String(repeating: "[", count: 100_000),
        ])
    func malformed(text: String) { #expect(throws: RESTListing.Malformed.self) { try parse(text) } }

    @Test("any part and any changed byte of a listing ends in a result or in an error")
    func hostile() throws {
        let text = Array(#"[{"name":"\#(Self.id)","size":17,"x":[1,{"y":"z\n"}]},"\#(Self.other)"]"#.utf8)
        for count in 0..<text.count {
            #expect(throws: RESTListing.Malformed.self) { try RESTListing.parse(Array(text[..<count])) }
        }
        var random = SeededRandom(seed: 5)
        for place in text.indices {
            for byte in random.bytes(8) + [0, 0x22, 0x5B, 0x5C, 0x5D, 0x7B, 0x7D, 0x2C] {
                var changed = text
                changed[place] = byte
                _ = try? RESTListing.parse(changed)
            }
        }
    }

    @Test("a listing of 100,000 objects")
    func large() throws {
        var random = SeededRandom(seed: 6)
        let ids = (0..<100_000).map { _ in random.digest() }
        let text = "[" + ids.map { #"{"name":"\#($0.hex)","size":33554432}"# }.joined(separator: ",") + "]\n"
        let entries = try parse(text)
        #expect(entries.map(\.id) == ids)
        #expect(entries.allSatisfy { $0.size == 33_554_432 })
    }
}
