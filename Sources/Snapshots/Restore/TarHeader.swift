import FileIO
import Primitives

/// The headers of a tar archive: ustar (POSIX.1-1988), with pax records (POSIX.1-2001) for what does not fit there.
struct TarHeader {
    static let blockSize = 512

    /// The name in the archive, without a leading slash; folders end with one.
    let path: [UInt8]
    let entry: TreeEntry
    /// The name of the first of several hard links, for a later one.
    let linkedTo: [UInt8]?

    /// Bytes of content that follow the header.
    var contentSize: UInt64 {
        linkedTo == nil && (entry.kind == .file || entry.kind == .stream) ? entry.size : 0
    }

    /// The blocks before the content; `nil` for what an archive cannot hold (a socket).
    var encoded: [UInt8]? {
        guard let type = typeFlag else { return nil }
        let records = paxRecords
        var bytes: [UInt8] = []
        if !records.isEmpty {
            bytes += block(name: Array("pax".utf8), size: UInt64(records.count), type: UInt8(ascii: "x"), link: [])
            bytes += records + TarHeader.padding(after: UInt64(records.count))
        }
        bytes += block(name: path, size: contentSize, type: type, link: link)
        return bytes
    }

    /// The zeros that fill the last block of a content.
    static func padding(after count: UInt64) -> [UInt8] {
        [UInt8](repeating: 0, count: (blockSize - Int(count % UInt64(blockSize))) % blockSize)
    }

    /// What ends an archive.
    static let end = [UInt8](repeating: 0, count: 2 * blockSize)

    private var typeFlag: UInt8? {
        if linkedTo != nil { return UInt8(ascii: "1") }
        switch entry.kind {
        case .file, .stream: return UInt8(ascii: "0")
        case .symbolicLink: return UInt8(ascii: "2")
        case .characterDevice: return UInt8(ascii: "3")
        case .blockDevice: return UInt8(ascii: "4")
        case .folder: return UInt8(ascii: "5")
        case .fifo: return UInt8(ascii: "6")
        case .socket: return nil
        }
    }

    private var link: [UInt8] { linkedTo ?? entry.linkTarget ?? [] }

    private var paxRecords: [UInt8] {
        var records: [UInt8] = []
        func add(_ key: [UInt8], _ value: [UInt8]) {
            // The length counts itself: try until it fits.
            let rest = 3 + key.count + value.count
            var length = rest + 1
            while String(length).utf8.count + rest != length { length = String(length).utf8.count + rest }
            records += Array("\(length) ".utf8) + key + [UInt8(ascii: "=")] + value + [UInt8(ascii: "\n")]
        }
        if path.count > 100 { add(Array("path".utf8), path) }
        if link.count > 100 { add(Array("linkpath".utf8), link) }
        if contentSize >= 1 << 33 { add(Array("size".utf8), Array("\(contentSize)".utf8)) }
        if entry.userID >= 1 << 21 { add(Array("uid".utf8), Array("\(entry.userID)".utf8)) }
        if entry.groupID >= 1 << 21 { add(Array("gid".utf8), Array("\(entry.groupID)".utf8)) }
        if entry.modified.nanoseconds != 0 || entry.modified.seconds < 0 || entry.modified.seconds >= 1 << 33 {
            let time = Timestamp.decimalSeconds(entry.modified.seconds, nanoseconds: entry.modified.nanoseconds)
            add(Array("mtime".utf8), Array(time.utf8))
        }
        for attribute in entry.attributes { add(Array("SCHILY.xattr.".utf8) + attribute.name, attribute.value) }
        return records
    }

    private func block(name: [UInt8], size: UInt64, type: UInt8, link: [UInt8]) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: TarHeader.blockSize)
        func put(_ bytes: some Collection<UInt8>, at offset: Int, room: Int) {
            block.replaceSubrange(offset..<offset + min(bytes.count, room), with: bytes.prefix(room))
        }
        func putOctal(_ value: UInt64, at offset: Int, room: Int) {
            let limit = UInt64(1) << UInt64(3 * (room - 1))
            let digits = String(value < limit ? value : 0, radix: 8)
            put((String(repeating: "0", count: room - 1 - digits.count) + digits).utf8, at: offset, room: room - 1)
        }
        put(name, at: 0, room: 100)
        putOctal(UInt64(entry.permissions), at: 100, room: 8)
        putOctal(UInt64(entry.userID), at: 108, room: 8)
        putOctal(UInt64(entry.groupID), at: 116, room: 8)
        putOctal(size, at: 124, room: 12)
        putOctal(UInt64(max(0, entry.modified.seconds)), at: 136, room: 12)
        block[156] = type
        put(link, at: 157, room: 100)
        put("ustar\u{0}00".utf8, at: 257, room: 8)
        put(entry.userName, at: 265, room: 31)
        put(entry.groupName, at: 297, room: 31)
        if let device = entry.device {
            putOctal(UInt64(device.major), at: 329, room: 8)
            putOctal(UInt64(device.minor), at: 337, room: 8)
        }
        // The sum counts its own field as eight spaces.
        put("        ".utf8, at: 148, room: 8)
        let sum = block.reduce(0) { $0 + Int($1) }
        let digits = String(sum, radix: 8)
        put((String(repeating: "0", count: 6 - digits.count) + digits + "\u{0} ").utf8, at: 148, room: 8)
        return block
    }
}

extension Timestamp {
    /// Seconds with 9 decimals, as pax records have them; negative times count down.
    static func decimalSeconds(_ seconds: Int64, nanoseconds: UInt32) -> String {
        let isNegative = seconds < 0
        let whole = seconds.magnitude - (isNegative && nanoseconds > 0 ? 1 : 0)
        let fraction = isNegative && nanoseconds > 0 ? 1_000_000_000 - nanoseconds : nanoseconds
        let digits = String(fraction)
        return (isNegative ? "-" : "") + "\(whole)." + String(repeating: "0", count: 9 - digits.count) + digits
    }
}
