import Foundation
import Testing

/// A line of JSON output.
struct JSONObject {
    private let members: [String: Any]

    init(_ line: String, _ sourceLocation: SourceLocation = #_sourceLocation) throws {
        let value = try? JSONSerialization.jsonObject(with: Data(line.utf8))
        members = try #require(
            value as? [String: Any], "not a JSON object: \(line)", sourceLocation: sourceLocation)
    }

    private init(members: [String: Any]) { self.members = members }

    /// Its `message_type`; empty where it has none.
    var type: String { text("message_type") ?? "" }

    func text(_ name: String) -> String? { members[name] as? String }
    func texts(_ name: String) -> [String]? { members[name] as? [String] }
    func number(_ name: String) -> Int? { (members[name] as? NSNumber)?.intValue }
    func isTrue(_ name: String) -> Bool { (members[name] as? NSNumber)?.boolValue ?? false }
    func object(_ name: String) -> JSONObject? { (members[name] as? [String: Any]).map(JSONObject.init(members:)) }
}
