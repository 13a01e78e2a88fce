import Primitives

/// What a session anchor says of the process that works on the repository (`format-spec/index.md`, "Objects of `locks/`").
package struct SessionAnchor: Sendable, Equatable {
    package let host: String
    package let user: String
    package let processID: Int
    package let command: String
    package let time: Timestamp

    package init(host: String, user: String, processID: Int, command: String, time: Timestamp) {
        self.host = host
        self.user = user
        self.processID = processID
        self.command = command
        self.time = time
    }

    private struct Document: Codable {
        var host: String
        var user: String
        var pid: Int
        var command: String
        var time: String
    }

    package func encoded(at location: Identifier) throws(VarveError) -> [UInt8] {
        let document = Document(host: host, user: user, pid: processID, command: command, time: time.rfc3339)
        return location.bytes + (try JSONDocument.encode(document))
    }

    /// Reads the body of an anchor; gives the location that it belongs to as well.
    package static func decode(
        _ bytes: [UInt8], of object: String
    ) throws(VarveError) -> (anchor: SessionAnchor, location: Identifier) {
        guard let location = Identifier(bytes: Array(bytes.prefix(Identifier.byteCount))) else {
            throw .damaged(object, "it is too short")
        }
        let document: Document = try JSONDocument.decode(Array(bytes.dropFirst(Identifier.byteCount)), of: object)
        guard let time = Timestamp(rfc3339: document.time) else { throw .damaged(object, "its time is malformed") }
        let anchor = SessionAnchor(
            host: document.host, user: document.user, processID: document.pid, command: document.command, time: time)
        return (anchor, location)
    }
}

/// A sign of life of a session.
package struct Heartbeat: Sendable, Equatable {
    package let anchor: Digest
    /// Counts up within a session.
    package let count: UInt64

    package init(anchor: Digest, count: UInt64) {
        self.anchor = anchor
        self.count = count
    }

    package func encoded(at location: Identifier) -> [UInt8] {
        var writer = ByteWriter()
        writer.append(location.bytes)
        writer.append(anchor)
        writer.appendInteger(count)
        return writer.bytes
    }

    /// Reads the body of a heartbeat; gives the location that it belongs to as well.
    package static func decode(
        _ bytes: [UInt8]
    ) throws(MalformedBytes) -> (heartbeat: Heartbeat, location: Identifier) {
        var reader = ByteReader(bytes, of: "heartbeat")
        let location = try reader.readIdentifier()
        let heartbeat = Heartbeat(anchor: try reader.readDigest(), count: try reader.readInteger())
        try reader.expectEnd()
        return (heartbeat, location)
    }
}
