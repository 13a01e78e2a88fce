import FoundationEssentials
import Primitives
import Testing

/// The test vectors of `format-spec/vectors`, written by a program that shares no code with varve.
enum Vectors {
    /// - Parameter name: of a file there, without `.json`.
    static func load<Content: Decodable>(_ name: String, as type: Content.Type = Content.self) throws -> Content {
        let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = project.appending(path: "format-spec/vectors/\(name).json")
        return try JSONDecoder().decode(Content.self, from: Data(contentsOf: file))
    }
}

/// Bytes that a vector spells in hex.
struct HexBytes: Decodable, Sendable {
    let bytes: [UInt8]

    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        bytes = try #require(Hex.decode(text))
    }
}
