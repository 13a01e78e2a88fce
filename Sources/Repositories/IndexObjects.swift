import Packing
import Primitives

/// A pack with its directory, as an index object holds it (`format-spec/index.md`).
package struct PackRecord: Hashable, Sendable {
    package let id: Digest
    package let size: UInt64
    package let header: ObjectHeader
    package let directory: PackDirectory

    package init(id: Digest, size: UInt64, header: ObjectHeader, directory: PackDirectory) {
        self.id = id
        self.size = size
        self.header = header
        self.directory = directory
    }

    /// Bytes that the entries of the directory take in an index object.
    package var directorySize: Int { directory.segments.reduce(0) { $0 + $1.encodedSize } }
}

/// The body of an index object: the directories of some packs.
package struct IndexObject: Hashable, Sendable {
    package let location: Identifier
    package let packs: [PackRecord]

    package init(location: Identifier, packs: [PackRecord]) {
        self.location = location
        self.packs = packs
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.append(location.bytes)
        writer.appendInteger(UInt32(packs.count))
        for pack in packs {
            let entries = pack.directory.encodedEntries
            writer.append(pack.id)
            writer.appendInteger(pack.size)
            writer.append(pack.header.encoded)
            writer.appendInteger(UInt32(entries.count))
            writer.append(entries)
        }
        return writer.bytes
    }

    /// - Parameter repository: whose packs they must be.
    /// - Throws: `MalformedBytes`, or `VarveError` about the header of a pack.
    package init(decoding bytes: [UInt8], in repository: Identifier) throws {
        var reader = ByteReader(bytes, of: "index object")
        location = try reader.readIdentifier()
        let count = Int(try reader.readInteger(UInt32.self))
        guard count <= reader.remaining / 172 else { throw reader.malformed("\(count) packs") }
        packs = try (0..<count).map { _ in
            let id = try reader.readDigest()
            let size = try reader.readInteger(UInt64.self)
            let header = try ObjectHeader(decoding: reader.readSlice(ObjectHeader.byteCount), of: "pack \(id.shortHex)")
            guard header.type == .dataPack || header.type == .metadataPack else {
                throw reader.malformed("type \(header.type) is no pack")
            }
            guard header.repository == repository else {
                throw reader.malformed("pack \(id.shortHex) belongs to another repository")
            }
            let length = Int(try reader.readInteger(UInt32.self))
            let directory = try PackDirectory(decodingEntries: reader.readSlice(length), in: header.type)
            guard size <= PackLimits.packSize, directory.endOfSegments + PackLimits.tailSize <= size else {
                throw reader.malformed(
                    "pack \(id.shortHex) has \(size) bytes and segments to \(directory.endOfSegments)")
            }
            return PackRecord(id: id, size: size, header: header, directory: directory)
        }
        try reader.expectEnd()
    }
}

/// The records that stand beside index objects (`format-spec/index.md`, "Records").
package enum IndexRecord: Hashable, Sendable {
    /// These packs are going; never revoked.
    case condemn([Digest])
    /// What goes, and whom that waits for.
    case drain(packs: [Digest], anchors: [AnchorName])
    /// Nothing that these sessions still put counts.
    case void([Identifier])
    /// These snapshots were removed on purpose.
    case forget([ForgottenSnapshot])
    /// These packs or segments count as absent.
    case damage([DamagedPart])

    package struct AnchorName: Hashable, Sendable {
        package let name: Digest
        package let session: Identifier

        package init(name: Digest, session: Identifier) {
            self.name = name
            self.session = session
        }
    }

    package struct ForgottenSnapshot: Hashable, Sendable {
        package let name: Digest
        package let writer: Identifier
        package let sequence: UInt64
        /// The first snapshot that the removed one was a copy of, or itself, where no copy of it shall come here again; `nil`
        /// where another stands in its place, it never counted, or it was lost.
        package let original: Digest?

        package init(name: Digest, writer: Identifier, sequence: UInt64, original: Digest?) {
            self.name = name
            self.writer = writer
            self.sequence = sequence
            self.original = original
        }

        /// The order in a record: field by field.
        package static func precedes(_ a: ForgottenSnapshot, _ b: ForgottenSnapshot) -> Bool {
            if a.name != b.name { return a.name < b.name }
            if a.writer != b.writer { return a.writer.bytes.lexicographicallyPrecedes(b.writer.bytes) }
            if a.sequence != b.sequence { return a.sequence < b.sequence }
            return a.originalField < b.originalField
        }

        private static let none = Digest(0, 0, 0, 0)
        fileprivate var originalField: Digest { original ?? ForgottenSnapshot.none }

        fileprivate init(from reader: inout ByteReader) throws(MalformedBytes) {
            name = try reader.readDigest()
            writer = try reader.readIdentifier()
            sequence = try reader.readInteger()
            let field = try reader.readDigest()
            original = field == ForgottenSnapshot.none ? nil : field
        }
    }

    package struct DamagedPart: Hashable, Sendable {
        package let pack: Digest
        /// The offset of the segment, `nil` for the whole pack.
        package let segment: UInt32?

        package init(pack: Digest, segment: UInt32?) {
            self.pack = pack
            self.segment = segment
        }
    }

    package var type: ObjectType {
        switch self {
        case .condemn: .condemnRecord
        case .drain: .drainRecord
        case .void: .voidRecord
        case .forget: .forgetRecord
        case .damage: .damageRecord
        }
    }

    /// The body of the object, location first.
    package func encoded(at location: Identifier) -> [UInt8] {
        var writer = ByteWriter()
        writer.append(location.bytes)
        switch self {
        case .condemn(let packs): writer.appendAll(packs) { $0.append($1) }
        case .drain(let packs, let anchors):
            writer.appendAll(packs) { $0.append($1) }
            writer.appendAll(anchors) {
                $0.append($1.name)
                $0.append($1.session.bytes)
            }
        case .void(let sessions): writer.appendAll(sessions) { $0.append($1.bytes) }
        case .forget(let snapshots):
            writer.appendAll(snapshots) {
                $0.append($1.name)
                $0.append($1.writer.bytes)
                $0.appendInteger($1.sequence)
                $0.append($1.originalField)
            }
        case .damage(let parts):
            writer.appendAll(parts) {
                $0.append($1.pack)
                $0.appendInteger($1.segment ?? UInt32.max)
            }
        }
        return writer.bytes
    }

    /// Reads the body of a record of `type`; gives the location that it belongs to as well.
    package static func decode(
        _ bytes: [UInt8], type: ObjectType
    ) throws(MalformedBytes) -> (record: IndexRecord, location: Identifier) {
        var reader = ByteReader(bytes, of: "record")
        let location = try reader.readIdentifier()
        let record: IndexRecord
        switch type {
        case .condemnRecord:
            record = .condemn(
                try reader.readAscending(size: 32, { $0 < $1 }) { reader throws(MalformedBytes) in
                    try reader.readDigest()
                })
        case .drainRecord:
            let packs = try reader.readAll(size: 32) { reader throws(MalformedBytes) in try reader.readDigest() }
            let anchors = try reader.readAll(size: 48) { reader throws(MalformedBytes) in
                AnchorName(name: try reader.readDigest(), session: try reader.readIdentifier())
            }
            record = .drain(packs: packs, anchors: anchors)
        case .voidRecord:
            record = .void(
                try reader.readAscending(size: 16, { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
                    reader throws(MalformedBytes) in
                    try reader.readIdentifier()
                })
        case .forgetRecord:
            record = .forget(
                try reader.readAscending(size: 88, ForgottenSnapshot.precedes) { reader throws(MalformedBytes) in
                    try ForgottenSnapshot(from: &reader)
                })
        case .damageRecord:
            record = .damage(
                try reader.readAscending(size: 36, { ($0.pack, $0.segment ?? .max) < ($1.pack, $1.segment ?? .max) }) {
                    reader throws(MalformedBytes) in
                    let pack = try reader.readDigest()
                    let offset = try reader.readInteger(UInt32.self)
                    return DamagedPart(pack: pack, segment: offset == UInt32.max ? nil : offset)
                })
        default: throw reader.malformed("type \(type) is no record")
        }
        try reader.expectEnd()
        return (record, location)
    }
}

extension ByteWriter {
    fileprivate mutating func appendAll<T>(_ elements: [T], _ append: (inout ByteWriter, T) -> Void) {
        appendInteger(UInt32(elements.count))
        for element in elements { append(&self, element) }
    }
}

extension ByteReader {
    fileprivate mutating func readAll<T>(
        size: Int, _ read: (inout ByteReader) throws(MalformedBytes) -> T
    ) throws(MalformedBytes) -> [T] {
        let count = Int(try readInteger(UInt32.self))
        guard count <= remaining / size else { throw malformed("\(count) entries") }
        var elements: [T] = []
        elements.reserveCapacity(count)
        for _ in 0..<count { elements.append(try read(&self)) }
        return elements
    }

    fileprivate mutating func readAscending<T>(
        size: Int, _ precedes: (T, T) -> Bool, _ read: (inout ByteReader) throws(MalformedBytes) -> T
    ) throws(MalformedBytes) -> [T] {
        let elements = try readAll(size: size, read)
        guard zip(elements.dropFirst(), elements).allSatisfy({ !precedes($0, $1) }) else {
            throw malformed("entries are not in ascending order")
        }
        return elements
    }
}
