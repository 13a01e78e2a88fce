import FileIO
import Primitives

/// The bytes of an entry (`format-spec/trees.md`).
extension TreeEntry {
    private enum Tag: UInt64 {
        case content = 1
        case subtree = 3
        case hardLink = 4
        case linkTarget = 5
        case attributes = 6
        case device = 7
        case command = 8
        case sparse = 9
        case exitStatus = 10
        case lostRanges = 11
        case lostEntries = 13
    }

    /// The most bytes of an entry.
    static let sizeLimit = 4 << 20

    package func encode(to writer: inout ByteWriter) {
        writer.append(kind.rawValue)
        writer.appendCounted(name)
        writer.appendVarint(UInt64(permissions))
        writer.appendVarint(UInt64(userID))
        writer.appendCounted(userName)
        writer.appendVarint(UInt64(groupID))
        writer.appendCounted(groupName)
        writer.append(modified)
        writer.append(changed)
        writer.appendVarint(inode)
        let fields = self.fields
        writer.appendVarint(UInt64(fields.count))
        for (tag, value) in fields {
            writer.appendVarint(tag.rawValue)
            writer.appendCounted(value)
        }
    }

    /// The fields that are there, in ascending order of tags.
    private var fields: [(Tag, [UInt8])] {
        var fields: [(Tag, [UInt8])] = []
        func add(_ tag: Tag, _ encode: (inout ByteWriter) -> Void) {
            var writer = ByteWriter()
            encode(&writer)
            fields.append((tag, writer.bytes))
        }
        if let content { add(.content) { content.encode(to: &$0) } }
        if let subtree {
            add(.subtree) {
                $0.append(subtree.root)
                $0.append(subtree.level)
                $0.appendVarint(subtree.entries)
            }
        }
        if let hardLink {
            add(.hardLink) {
                $0.appendVarint(hardLink.device)
                $0.appendVarint(hardLink.count)
            }
        }
        if let linkTarget { add(.linkTarget) { $0.append(linkTarget) } }
        if !attributes.isEmpty {
            add(.attributes) {
                $0.appendVarint(UInt64(attributes.count))
                for attribute in attributes {
                    $0.appendCounted(attribute.name)
                    $0.appendCounted(attribute.value)
                }
            }
        }
        if let device {
            add(.device) {
                $0.appendVarint(UInt64(device.major))
                $0.appendVarint(UInt64(device.minor))
            }
        }
        if let command { add(.command) { $0.append(command) } }
        if let sparse { add(.sparse) { sparse.encode(to: &$0) } }
        if let exitStatus { add(.exitStatus) { $0.appendVarint(exitStatus) } }
        if !lostRanges.isEmpty { add(.lostRanges) { $0.append(lostRanges) } }
        if lostEntries > 0 { add(.lostEntries) { $0.appendVarint(lostEntries) } }
        return fields
    }

    init(from reader: inout ByteReader) throws(MalformedBytes) {
        let available = reader.remaining
        let kindByte = try reader.readInteger(UInt8.self)
        guard let kind = Kind(rawValue: kindByte) else { throw reader.malformed("entry type \(kindByte) is unknown") }
        let name = try reader.readCounted(upTo: 255, of: "length of a name")
        guard TreeEntry.isValid(name: name) else {
            throw reader.malformed("the name \"\(ByteString.display(name))\" must not be")
        }
        self.init(kind: kind, name: name)
        permissions = UInt32(try reader.readCount(upTo: 0o7777, of: "permissions"))
        userID = UInt32(try reader.readCount(upTo: Int(UInt32.max), of: "user id"))
        userName = try reader.readCounted(upTo: 1024, of: "length of a user name")
        groupID = UInt32(try reader.readCount(upTo: Int(UInt32.max), of: "group id"))
        groupName = try reader.readCounted(upTo: 1024, of: "length of a group name")
        modified = try reader.readFileTime()
        changed = try reader.readFileTime()
        inode = try reader.readVarint()
        var lastTag: UInt64?
        for _ in 0..<(try reader.readCount(upTo: 1024, of: "number of fields")) {
            let tag = try reader.readVarint()
            if let lastTag, tag <= lastTag { throw reader.malformed("fields are not in ascending order") }
            lastTag = tag
            let value = try reader.readCounted(upTo: TreeEntry.sizeLimit, of: "length of a field")
            try readField(tag, value)
        }
        guard available - reader.remaining <= TreeEntry.sizeLimit else {
            throw reader.malformed("\"\(ByteString.display(name))\" takes \(available - reader.remaining) bytes")
        }
        try checkFields(reader)
    }

    private mutating func readField(_ tag: UInt64, _ value: [UInt8]) throws(MalformedBytes) {
        var reader = ByteReader(value, of: "field \(tag) of \"\(ByteString.display(name))\"")
        guard let known = Tag(rawValue: tag) else {
            if tag & 1 == 0 { return }
            throw reader.malformed("it is unknown and must be understood: a newer varve is needed")
        }
        switch known {
        case .content: content = try ContentReference(from: &reader)
        case .subtree:
            subtree = Subtree(
                root: try reader.readDigest(), level: try reader.readInteger(), entries: try reader.readVarint())
        case .hardLink: hardLink = HardLink(device: try reader.readVarint(), count: try reader.readVarint())
        case .linkTarget: linkTarget = try reader.readBytes(reader.remaining)
        case .attributes:
            for _ in 0..<(try reader.readCount(upTo: 65536, of: "number of attributes")) {
                let attribute = ExtendedAttribute(
                    name: try reader.readCounted(upTo: 255, of: "length of an attribute's name"),
                    value: try reader.readCounted(upTo: 65536, of: "length of an attribute"))
                if let last = attributes.last, !last.name.lexicographicallyPrecedes(attribute.name) {
                    throw reader.malformed("attributes are not in ascending order")
                }
                attributes.append(attribute)
            }
        case .device:
            device = DeviceNumber(
                major: UInt32(try reader.readCount(upTo: Int(UInt32.max), of: "major number")),
                minor: UInt32(try reader.readCount(upTo: Int(UInt32.max), of: "minor number")))
        case .command: command = try reader.readBytes(reader.remaining)
        case .sparse: sparse = try SparseExtents(from: &reader)
        case .exitStatus: exitStatus = try reader.readVarint()
        case .lostRanges:
            lostRanges = try reader.readRanges(within: UInt64(Int64.max))
            if lostRanges.isEmpty { throw reader.malformed("no range is lost") }
        case .lostEntries:
            lostEntries = try reader.readVarint()
            if lostEntries == 0 { throw reader.malformed("no entry is lost") }
        }
        try reader.expectEnd()
    }

    /// Refuses an entry that lacks what its kind needs, or has what its kind cannot have.
    private func checkFields(_ reader: ByteReader) throws(MalformedBytes) {
        let hasContent = kind == .file || kind == .stream
        let isDevice = kind == .characterDevice || kind == .blockDevice
        guard (content != nil) == hasContent, (subtree != nil) == (kind == .folder),
            (linkTarget != nil) == (kind == .symbolicLink), (device != nil) == isDevice,
            hardLink == nil || kind == .file, sparse == nil || kind == .file, command == nil || kind == .stream,
            lostRanges.isEmpty || hasContent, lostEntries == 0 || kind == .folder
        else { throw reader.malformed("the fields of \"\(ByteString.display(name))\" do not fit its type") }
        if let sparse, sparse.extents.reduce(0, { $0 + UInt64($1.count) }) != content?.size {
            throw reader.malformed("extents and content of \"\(ByteString.display(name))\" differ in size")
        }
        if let last = lostRanges.last, last.upperBound > content?.size ?? 0 {
            throw reader.malformed("a lost range of \"\(ByteString.display(name))\" reaches beyond its content")
        }
    }
}

extension TreeEntry.SparseExtents {
    fileprivate func encode(to writer: inout ByteWriter) {
        writer.appendVarint(size)
        writer.append(extents)
    }

    fileprivate init(from reader: inout ByteReader) throws(MalformedBytes) {
        let size = try reader.readVarint()
        // Offsets of files are signed 64-bit numbers.
        guard size <= UInt64(Int64.max) else { throw reader.malformed("a file of \(size) bytes") }
        self.init(size: size, extents: try reader.readRanges(within: size))
    }
}

extension ByteWriter {
    fileprivate mutating func append(_ time: FileTime) {
        appendSignedVarint(time.seconds)
        appendVarint(UInt64(time.nanoseconds))
    }

    /// Ranges in ascending order: their number, then for each the gap since the one before and the length.
    fileprivate mutating func append(_ ranges: [Range<UInt64>]) {
        appendVarint(UInt64(ranges.count))
        var position: UInt64 = 0
        for range in ranges {
            appendVarint(range.lowerBound - position)
            appendVarint(UInt64(range.count))
            position = range.upperBound
        }
    }
}

extension ByteReader {
    fileprivate mutating func readRanges(within size: UInt64) throws(MalformedBytes) -> [Range<UInt64>] {
        var ranges: [Range<UInt64>] = []
        var position: UInt64 = 0
        for _ in 0..<(try readCount(upTo: 1 << 20, of: "number of extents")) {
            let gap = try readVarint()
            let length = try readVarint()
            guard length > 0, gap <= size - position, length <= size - position - gap else {
                throw malformed("an extent reaches beyond the file")
            }
            ranges.append(position + gap..<position + gap + length)
            position += gap + length
        }
        return ranges
    }

    fileprivate mutating func readFileTime() throws(MalformedBytes) -> FileTime {
        FileTime(
            seconds: try readSignedVarint(), nanoseconds: UInt32(try readCount(upTo: 999_999_999, of: "nanoseconds")))
    }
}
