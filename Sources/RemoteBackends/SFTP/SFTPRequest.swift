/// A request of SFTP. Paths and handles are bytes that mean something to the server alone.
enum SFTPRequest: Sendable {
    typealias Handle = [UInt8]
    typealias Path = [UInt8]

    case open(Path, SFTPOpenFlags, permissions: UInt32)
    case close(Handle)
    case read(Handle, offset: UInt64, count: UInt32)
    case write(Handle, offset: UInt64, ArraySlice<UInt8>)
    /// Of what a symbolic link leads to.
    case status(Path)
    case fileStatus(Handle)
    case openFolder(Path)
    case readFolder(Handle)
    case remove(Path)
    case makeFolder(Path, permissions: UInt32)
    /// Fails where `to` exists, if the server follows the draft.
    case rename(Path, to: Path)
    case replacingRename(Path, to: Path)
    case hardLink(Path, to: Path)
    case synchronize(Handle)
    case limits
    case fileSystem(Path)

    /// The whole packet, its length in front.
    func packet(id: UInt32) -> [UInt8] {
        var packet = SFTPPacketWriter()
        func begin(_ type: SFTPMessageType) {
            packet.append(byte: type.rawValue)
            packet.append(id)
        }
        func begin(_ name: SFTPExtension) {
            begin(.extended)
            packet.append(string: Array(name.rawValue.utf8))
        }
        switch self {
        case .open(let path, let flags, let permissions):
            begin(.open)
            packet.append(string: path)
            packet.append(flags.rawValue)
            packet.append(permissions: permissions)
        case .close(let handle):
            begin(.close)
            packet.append(string: handle)
        case .read(let handle, let offset, let count):
            begin(.read)
            packet.append(string: handle)
            packet.append(offset)
            packet.append(count)
        case .write(let handle, let offset, let bytes):
            packet.reserve(bytes.count + handle.count + 64)
            begin(.write)
            packet.append(string: handle)
            packet.append(offset)
            packet.append(string: bytes)
        case .status(let path):
            begin(.status)
            packet.append(string: path)
        case .fileStatus(let handle):
            begin(.fileStatus)
            packet.append(string: handle)
        case .openFolder(let path):
            begin(.openFolder)
            packet.append(string: path)
        case .readFolder(let handle):
            begin(.readFolder)
            packet.append(string: handle)
        case .remove(let path):
            begin(.remove)
            packet.append(string: path)
        case .makeFolder(let path, let permissions):
            begin(.makeFolder)
            packet.append(string: path)
            packet.append(permissions: permissions)
        case .rename(let from, let to):
            begin(.rename)
            packet.append(string: from)
            packet.append(string: to)
        case .replacingRename(let from, let to):
            begin(.replacingRename)
            packet.append(string: from)
            packet.append(string: to)
        case .hardLink(let from, let to):
            begin(.hardLink)
            packet.append(string: from)
            packet.append(string: to)
        case .synchronize(let handle):
            begin(.synchronize)
            packet.append(string: handle)
        case .limits: begin(.limits)
        case .fileSystem(let path):
            begin(.fileSystem)
            packet.append(string: path)
        }
        return packet.finished()
    }

    /// The first packet of a conversation: version 3 is offered.
    static let initialization: [UInt8] = {
        var packet = SFTPPacketWriter()
        packet.append(byte: SFTPMessageType.initialize.rawValue)
        packet.append(UInt32(3))
        return packet.finished()
    }()
}

/// Builds a packet: big-endian numbers, and strings with their length in front.
struct SFTPPacketWriter: Sendable {
    private var bytes: [UInt8] = [0, 0, 0, 0]

    mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }

    mutating func append(byte: UInt8) { bytes.append(byte) }

    mutating func append<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(string: some Collection<UInt8>) {
        append(UInt32(string.count))
        bytes.append(contentsOf: string)
    }

    /// Attributes of which only the permissions are given.
    mutating func append(permissions: UInt32) {
        append(SFTPAttributes.permissionsFlag)
        append(permissions)
    }

    /// The packet, with its length in front.
    consuming func finished() -> [UInt8] {
        let count = UInt32(bytes.count - 4)
        withUnsafeBytes(of: count.bigEndian) { length in
            for index in 0..<4 { bytes[index] = length[index] }
        }
        return bytes
    }
}
