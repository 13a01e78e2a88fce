import FoundationEssentials
import Primitives
import Testing

/// The test vectors of `format-spec/vectors`, written by a program that shares no code with varve.
package enum Vectors {
    /// The folder of the specification.
    package static var specification: String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "format-spec").path()
    }

    /// - Parameter name: of a file there, without `.json`.
    package static func load<Content: Decodable>(_ name: String, as type: Content.Type = Content.self) throws -> Content
    {
        let file = URL(filePath: "\(specification)/vectors/\(name).json")
        return try JSONDecoder().decode(Content.self, from: Data(contentsOf: file))
    }
}

/// Bytes that a vector spells in hex.
package struct HexBytes: Decodable, Hashable, Sendable {
    package let bytes: [UInt8]

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        bytes = try #require(Hex.decode(text))
    }

    /// The bytes as a digest.
    package func digest() throws -> Digest { try #require(Digest(bytes: bytes)) }
    /// The bytes as an identifier.
    package func identifier() throws -> Identifier { try #require(Identifier(bytes: bytes)) }
}

/// A 64-bit number, which vectors write as a decimal string.
package struct Number64: Decodable, Hashable, Sendable {
    package let value: UInt64

    package init(from decoder: any Decoder) throws {
        value = try #require(UInt64(try decoder.singleValueContainer().decode(String.self)))
    }
}
