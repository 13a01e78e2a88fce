import FoundationEssentials
import Primitives

/// What people know a key slot by. It is sealed under the root key.
package struct KeySlotDescription: Sendable, Hashable, Codable {
    package var label: String
    /// RFC 3339.
    package var created: String
    package var host: String
    package var user: String

    package init(label: String, created: String, host: String, user: String) {
        self.label = label
        self.created = created
        self.host = host
        self.user = user
    }

    /// JSON with its members in a fixed order.
    var encoded: [UInt8] {
        get throws(VarveError) {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            do {
                return Array(try encoder.encode(self))
            } catch {
                throw VarveError(.usage, "the description of a key slot is no text: \(error)")
            }
        }
    }

    init(decoding json: [UInt8], of object: String) throws(VarveError) {
        do {
            self = try JSONDecoder().decode(KeySlotDescription.self, from: Data(json))
        } catch {
            throw .damaged(object, "its description cannot be read")
        }
    }
}
