import Chunking
import FoundationEssentials
import Primitives

/// The object `config`: what a repository is, in plain text, never changed (`format-spec/layout.md`).
package struct RepositoryConfiguration: Sendable, Equatable {
    package static let formatVersion = 1
    /// The target size of a pack unless `init` is told otherwise, in bytes.
    package static let defaultPackSize = 32 << 20
    package static let packSizes = (1 << 20)...((1 << 30) - (1 << 26))

    /// The id of the family: a repository and its tiers.
    package let repository: Identifier
    /// The id of this place alone.
    package let location: Identifier
    package let isEncrypted: Bool
    package let chunker: ChunkerParameters
    /// The target size of a pack in bytes.
    package let packSize: Int
    package let created: Timestamp

    package init(
        repository: Identifier, location: Identifier, isEncrypted: Bool, chunker: ChunkerParameters, packSize: Int,
        created: Timestamp
    ) {
        self.repository = repository
        self.location = location
        self.isEncrypted = isEncrypted
        self.chunker = chunker
        self.packSize = packSize
        self.created = created
    }

    private struct Document: Codable {
        var format: String
        var version: Int
        var mustUnderstand: [String]
        var repository: String
        var location: String
        var encrypted: Bool
        var chunkerBits: Int
        var packSize: Int
        var created: String
    }

    /// Only what tells whether the rest can be read at all.
    private struct Preamble: Decodable {
        var format: String
        var version: Int
    }

    /// The bytes of `config`.
    package func encoded() throws(VarveError) -> [UInt8] {
        try JSONDocument.encode(
            Document(
                format: "varve", version: RepositoryConfiguration.formatVersion, mustUnderstand: [],
                repository: repository.hex, location: location.hex, encrypted: isEncrypted,
                chunkerBits: chunker.bits, packSize: packSize, created: created.rfc3339), pretty: true)
    }

    /// - Throws: kind `damaged` where the bytes break the format, `unsupported` where a newer varve is needed.
    package init(decoding bytes: [UInt8]) throws(VarveError) {
        let preamble: Preamble = try JSONDocument.decode(bytes, of: "config")
        guard preamble.format == "varve" else { throw .damaged("config", "it is not of a varve repository") }
        guard preamble.version > 0 else { throw .damaged("config", "there is no format version \(preamble.version)") }
        guard preamble.version == RepositoryConfiguration.formatVersion else {
            throw .newerFormat("the repository", "has format version \(preamble.version)")
        }
        let document: Document = try JSONDocument.decode(bytes, of: "config")
        if let feature = document.mustUnderstand.first {
            throw .newerFormat("the repository", "needs a feature (\(feature))")
        }
        guard let repository = Identifier(hex: document.repository), let location = Identifier(hex: document.location),
            let chunker = ChunkerParameters(bits: document.chunkerBits),
            RepositoryConfiguration.packSizes.contains(document.packSize),
            let created = Timestamp(rfc3339: document.created)
        else { throw .damaged("config", "a value in it is out of bounds") }
        self.init(
            repository: repository, location: location, isEncrypted: document.encrypted, chunker: chunker,
            packSize: document.packSize, created: created)
    }
}

/// JSON as the format uses it: UTF-8, members in a fixed order.
package enum JSONDocument {
    package static func encode(_ value: some Encodable, pretty: Bool = false) throws(VarveError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting =
            pretty ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted] : [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(value)) + (pretty ? [UInt8(ascii: "\n")] : [])
        } catch {
            throw VarveError(.local, "cannot write JSON: \(error)")
        }
    }

    /// - Throws: kind `damaged`, naming `object` and the member that is wrong.
    package static func decode<T: Decodable>(
        _ bytes: [UInt8], as type: T.Type = T.self, of object: String
    ) throws(VarveError) -> T {
        do {
            return try JSONDecoder().decode(T.self, from: Data(bytes))
        } catch let DecodingError.keyNotFound(key, _) {
            throw .damaged(object, "the member \"\(key.stringValue)\" is missing")
        } catch let DecodingError.typeMismatch(_, context), let DecodingError.valueNotFound(_, context) {
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            throw .damaged(object, "the member \"\(path)\" has the wrong type")
        } catch {
            throw .damaged(object, "it is not the JSON that it should be")
        }
    }
}
