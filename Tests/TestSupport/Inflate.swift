import FoundationEssentials
import Primitives

/// What a text of Base64 over zlib (RFC 1950) spells, as large things in the vectors are written.
package struct ZlibText: Decodable, Sendable {
    package let bytes: [UInt8]

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let data = Data(base64Encoded: text), data.count > 6 else { throw MalformedBytes("no Base64") }
        // Two bytes stand before the compressed ones, and a checksum of four behind them.
        var inflater = Inflater(Array(data.dropFirst(2).dropLast(4)))
        bytes = try inflater.inflate()
    }
}

/// A plain decoder of DEFLATE (RFC 1951).
private struct Inflater {
    private let input: [UInt8]
    private var position = 0
    private var output: [UInt8] = []

    init(_ input: [UInt8]) { self.input = input }

    /// Codes of one alphabet: how many there are of each length, and the symbols in the order of their codes.
    private struct Codes {
        var counts = [Int](repeating: 0, count: 16)
        var symbols: [Int] = []

        init(lengths: [Int]) {
            for length in lengths { counts[length] += 1 }
            counts[0] = 0
            for length in 1...15 { symbols += lengths.indices.filter { lengths[$0] == length } }
        }
    }

    private mutating func bits(_ count: Int) throws -> Int {
        var value = 0
        for place in 0..<count {
            guard position >> 3 < input.count else { throw MalformedBytes("deflated bytes end early") }
            value |= Int(input[position >> 3] >> UInt8(position & 7) & 1) << place
            position += 1
        }
        return value
    }

    private mutating func symbol(_ codes: Codes) throws -> Int {
        var code = 0
        var first = 0
        var index = 0
        for length in 1...15 {
            code |= try bits(1)
            if code - first < codes.counts[length] { return codes.symbols[index + code - first] }
            index += codes.counts[length]
            first = (first + codes.counts[length]) << 1
            code <<= 1
        }
        throw MalformedBytes("no code of DEFLATE")
    }

    mutating func inflate() throws -> [UInt8] {
        var isLast = false
        while !isLast {
            isLast = try bits(1) == 1
            switch try bits(2) {
            case 0: try copyStored()
            case 1:
                let lengths = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
                try expand(Codes(lengths: lengths), Codes(lengths: [Int](repeating: 5, count: 30)))
            case 2:
                let (literals, distances) = try readCodes()
                try expand(literals, distances)
            default: throw MalformedBytes("no block of DEFLATE")
            }
        }
        return output
    }

    private mutating func copyStored() throws {
        position = (position + 7) & ~7
        let count = try bits(16)
        _ = try bits(16)
        for _ in 0..<count { output.append(UInt8(try bits(8))) }
    }

    private mutating func readCodes() throws -> (literals: Codes, distances: Codes) {
        let literalCount = try bits(5) + 257
        let distanceCount = try bits(5) + 1
        let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
        var codeLengths = [Int](repeating: 0, count: 19)
        for place in 0..<(try bits(4) + 4) { codeLengths[order[place]] = try bits(3) }
        let codes = Codes(lengths: codeLengths)
        var lengths: [Int] = []
        while lengths.count < literalCount + distanceCount {
            switch try symbol(codes) {
            case 16: lengths += [Int](repeating: lengths.last ?? 0, count: try bits(2) + 3)
            case 17: lengths += [Int](repeating: 0, count: try bits(3) + 3)
            case 18: lengths += [Int](repeating: 0, count: try bits(7) + 11)
            case let length: lengths.append(length)
            }
        }
        return (
            Codes(lengths: Array(lengths[..<literalCount])),
            Codes(lengths: Array(lengths[literalCount..<literalCount + distanceCount]))
        )
    }

    private mutating func expand(_ literals: Codes, _ distances: Codes) throws {
        while true {
            let symbol = try symbol(literals)
            if symbol < 256 {
                output.append(UInt8(symbol))
                continue
            }
            if symbol == 256 { return }
            let length = try value(
                symbol - 257, extraBits: { $0 < 8 || $0 == 28 ? 0 : $0 / 4 - 1 },
                base: { $0 < 8 ? $0 + 3 : $0 == 28 ? 258 : ((4 + $0 % 4) << ($0 / 4 - 1)) + 3 })
            let distance = try value(
                try self.symbol(distances), extraBits: { $0 < 4 ? 0 : $0 / 2 - 1 },
                base: { $0 < 4 ? $0 + 1 : ((2 + $0 % 2) << ($0 / 2 - 1)) + 1 })
            guard distance <= output.count else { throw MalformedBytes("a distance of DEFLATE leads nowhere") }
            for _ in 0..<length { output.append(output[output.count - distance]) }
        }
    }

    /// A length or distance: what its code stands for, and the bits behind it.
    private mutating func value(_ code: Int, extraBits: (Int) -> Int, base: (Int) -> Int) throws -> Int {
        base(code) + (try bits(extraBits(code)))
    }
}
