import SeededData
import Testing

@testable import Primitives

/// What `ByteString.display` was made of, read back.
private func parse(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let first = rest.popFirst() {
        guard first == UInt8(ascii: "\\") else {
            bytes.append(first)
            continue
        }
        guard let kind = rest.popFirst() else { return nil }
        if kind == UInt8(ascii: "\\") {
            bytes.append(kind)
        } else {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard kind == UInt8(ascii: "x"), let byte = Hex.decode(digits), byte.count == 1 else { return nil }
            bytes += byte
            rest = rest.dropFirst(2)
        }
    }
    return bytes
}

@Suite struct ByteStringTests {
    @Test(arguments: [
        ("plain name.txt", "plain name.txt"), ("", ""), ("Grüße/日本/🙂", "Grüße/日本/🙂"), ("a\\b", "a\\\\b"),
        ("tab\there", "tab\\x09here"), ("line\n", "line\\x0a"), ("\u{7f}", "\\x7f"), ("\u{85}", "\\xc2\\x85"),
        ("\u{1b}[31m", "\\x1b[31m"),
    ])
    func text(bytes: String, shown: String) {
        #expect(ByteString.display(Array(bytes.utf8)) == shown)
    }

    @Test(
        arguments: [
            ([0xff], "\\xff"), ([0x61, 0xc3], "a\\xc3"), ([0xc3, 0x28], "\\xc3("), ([0xc0, 0xaf], "\\xc0\\xaf"),
            ([0xed, 0xa0, 0x80], "\\xed\\xa0\\x80"), ([0xf4, 0x90, 0x80, 0x80], "\\xf4\\x90\\x80\\x80"), ([0], "\\x00"),
            ([0x5c, 0x78, 0x66, 0x66], "\\\\xff"),
        ] as [([UInt8], String)])
    func bytesThatAreNoText(bytes: [UInt8], shown: String) {
        #expect(ByteString.display(bytes) == shown)
    }

    /// The text can be read back, so distinct bytes have distinct text.
    @Test func whatIsShownSaysWhichBytesItWas() {
        var random = SeededRandom(seed: 1)
        let pieces: [[UInt8]] = [
            [0x5c], [0x78], [0x66], [0x30], Array("é".utf8), Array("e\u{301}".utf8), [0xc3], [0xa9], [0x80],
            [0xf0, 0x9f],
            Array("🙂".utf8), [0x0a], [0xc2, 0x85], [0xe2, 0x80],
        ]
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...8, using: &random)).flatMap { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }
            #expect(parse(ByteString.display(bytes)) == bytes)
        }
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                #expect(parse(ByteString.display([first, second])) == [first, second])
            }
        }
    }
}
