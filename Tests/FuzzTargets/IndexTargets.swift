import Packing
import Primitives
import Repositories

/// What stands sealed in an index object. The headers of its packs get their right checksums.
struct IndexObjectTarget: FuzzTarget {
    static let name = "index-object"

    /// Where the header of the first pack stands: behind location, count, name and size.
    private static let firstHeader = Identifier.byteCount + 4 + Digest.byteCount + 8

    /// Bytes with headers whose checksums are right, as far as packs can be followed.
    private func withChecksums(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        var header = IndexObjectTarget.firstHeader
        while header + ObjectHeader.byteCount + 4 <= bytes.count {
            bytes = withHeaderChecksum(bytes, at: header)
            let end = header + ObjectHeader.byteCount + 4
            let length = bytes[end - 4..<end].reversed().reduce(0) { $0 << 8 | Int($1) }
            header = end + length + Digest.byteCount + 8
        }
        return bytes
    }

    func check(_ bytes: [UInt8]) throws -> Bool {
        let bytes = withChecksums(bytes)
        let start = IndexObjectTarget.firstHeader + 24
        let repository = Identifier(bytes: Array(bytes.dropFirst(start).prefix(Identifier.byteCount))) ?? .zero
        guard let index = try accepted({ try IndexObject(decoding: bytes, in: repository) }) else { return false }
        try expect(index.encoded == bytes, "an index object encodes to other bytes")
        for pack in index.packs {
            try expect(pack.header.repository == repository, "a pack of another repository")
            try expect(pack.size <= PackLimits.packSize, "a pack of \(pack.size) bytes")
            let (_, segments) = pack.indexed
            for (indexed, entry) in zip(segments, pack.directory.segments) {
                let end = UInt64(indexed.offset) + UInt64(entry.sealedLength)
                try expect(end + UInt64(PackLimits.tailSize) <= pack.size, "a segment ends at \(end) of \(pack.size)")
            }
        }
        return true
    }
}

/// What stands sealed in a record of `index/`; the first byte says in which.
struct IndexRecordTarget: FuzzTarget {
    static let name = "index-record"

    func check(_ bytes: [UInt8]) throws -> Bool {
        guard let first = bytes.first, let type = ObjectType(rawValue: first) else { return false }
        let plain = Array(bytes.dropFirst())
        guard let (record, location) = try accepted({ try IndexRecord.decode(plain, type: type) }) else { return false }
        try expect(record.type == type, "a record of \(type) is one of \(record.type)")
        try expect(record.encoded(at: location) == plain, "a record encodes to other bytes")
        return true
    }
}

/// What stands sealed in an object of `locks/`: an anchor where the first byte is even, else a heartbeat.
struct SessionTarget: FuzzTarget {
    static let name = "session"

    func check(_ bytes: [UInt8]) throws -> Bool {
        guard let first = bytes.first else { return false }
        let plain = Array(bytes.dropFirst())
        if first & 1 == 0 {
            guard let (anchor, location) = try accepted({ try SessionAnchor.decode(plain, of: "anchor") }) else {
                return false
            }
            let again = try SessionAnchor.decode(try anchor.encoded(at: location), of: "anchor")
            try expect(again.anchor == anchor && again.location == location, "an anchor changes")
        } else {
            guard let (heartbeat, location) = try accepted({ try Heartbeat.decode(plain) }) else { return false }
            try expect(heartbeat.encoded(at: location) == plain, "a heartbeat encodes to other bytes")
        }
        return true
    }
}
