/// The numbers of SFTP, version 3 (draft-ietf-secsh-filexfer-02), that varve uses.
enum SFTPMessageType: UInt8 {
    case initialize = 1
    case version = 2
    case open = 3
    case close = 4
    case read = 5
    case write = 6
    case linkStatus = 7
    case fileStatus = 8
    case openFolder = 11
    case readFolder = 12
    case remove = 13
    case makeFolder = 14
    case status = 17
    case rename = 18
    case outcome = 101
    case handle = 102
    case data = 103
    case names = 104
    case attributes = 105
    case extended = 200
    case extendedReply = 201
}

/// How a server says that a request came to nothing.
struct SFTPStatus: Error, Hashable, Sendable {
    enum Code: UInt32 {
        case ok = 0
        case endOfFile = 1
        case noSuchFile = 2
        case permissionDenied = 3
        case failure = 4
        case badMessage = 5
        case noConnection = 6
        case connectionLost = 7
        case unsupported = 8
    }

    /// What is no number of version 3 counts as a failure.
    var code: Code
    /// In the server's words, for people.
    var message: String

    init(_ code: Code, _ message: String = "") {
        self.code = code
        self.message = message
    }
}

/// What to open a file for; the bits of `pflags`.
struct SFTPOpenFlags: OptionSet, Sendable {
    let rawValue: UInt32

    static let read = SFTPOpenFlags(rawValue: 0x01)
    static let write = SFTPOpenFlags(rawValue: 0x02)
    static let create = SFTPOpenFlags(rawValue: 0x08)
    static let truncate = SFTPOpenFlags(rawValue: 0x10)
    /// With ``create``: fails where the name exists.
    static let exclusive = SFTPOpenFlags(rawValue: 0x20)
}

/// What a server can do beyond version 3, by the names under which OpenSSH introduced it.
enum SFTPExtension: String, Sendable, CaseIterable {
    /// A rename that replaces what has the name.
    case replacingRename = "posix-rename@openssh.com"
    case hardLink = "hardlink@openssh.com"
    case synchronize = "fsync@openssh.com"
    case limits = "limits@openssh.com"
    case fileSystem = "statvfs@openssh.com"
}
