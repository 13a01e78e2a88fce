import CommandLineSupport
import VarveKit

/// Entries of snapshots as commands show them.
enum EntryOutput {
    /// As `ls -l` writes it; `&` stands for a stream.
    static func longLine(_ entry: TreeEntry, _ path: String) -> String {
        let time = LocalTime.format(
            nanoseconds: Timestamp(seconds: entry.modified.seconds, nanoseconds: entry.modified.nanoseconds).nanoseconds
        )
        let link = entry.linkTarget.map { " -> " + ByteString.display($0) } ?? ""
        return "\(mode(entry)) \(owner(entry)) \(padded("\(entry.size)", 12)) \(time) \(path)\(link)"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private static func owner(_ entry: TreeEntry) -> String {
        let user = entry.userName.isEmpty ? "\(entry.userID)" : ByteString.display(entry.userName)
        let group = entry.groupName.isEmpty ? "\(entry.groupID)" : ByteString.display(entry.groupName)
        return user + ":" + group
    }

    private static func mode(_ entry: TreeEntry) -> String {
        let letters: [TreeEntry.Kind: String] = [
            .file: "-", .folder: "d", .symbolicLink: "l", .characterDevice: "c", .blockDevice: "b", .fifo: "p",
            .socket: "s", .stream: "&",
        ]
        var text = letters[entry.kind] ?? "?"
        for shift in [UInt32(6), 3, 0] {
            let bits = entry.permissions >> shift & 7
            let special = entry.permissions >> (9 + shift / 3) & 1 == 1
            text += bits & 4 != 0 ? "r" : "-"
            text += bits & 2 != 0 ? "w" : "-"
            let execute = shift == 0 ? ("t", "T") : ("s", "S")
            text += special ? (bits & 1 != 0 ? execute.0 : execute.1) : (bits & 1 != 0 ? "x" : "-")
        }
        return text
    }

    /// What the kind of an entry is called in JSON.
    static func typeName(_ kind: TreeEntry.Kind) -> String {
        switch kind {
        case .file: "file"
        case .folder: "dir"
        case .symbolicLink: "symlink"
        case .characterDevice: "chardev"
        case .blockDevice: "dev"
        case .fifo: "fifo"
        case .socket: "socket"
        case .stream: "stream"
        }
    }

    /// An object with what is known of the entry.
    ///
    /// - Parameter further: members that stand behind the message type.
    static func json(
        _ entry: TreeEntry, _ path: String, as messageType: String, _ further: [JSONValue.Member] = []
    ) -> JSONValue {
        let members: [(String, JSONValue)] = [
            ("name", .string(ByteString.display(entry.name))), ("path", .string(path)),
            ("type", .string(typeName(entry.kind))), ("mode", .number(entry.permissions)),
            ("uid", .number(entry.userID)), ("gid", .number(entry.groupID)),
            ("user", .string(ByteString.display(entry.userName))),
            ("group", .string(ByteString.display(entry.groupName))), ("size", .number(entry.size)),
            (
                "mtime",
                .string(Timestamp(seconds: entry.modified.seconds, nanoseconds: entry.modified.nanoseconds).rfc3339)
            ), ("inode", .number(entry.inode)),
            ("linktarget", entry.linkTarget.map { .string(ByteString.display($0)) } ?? .null),
            ("command", entry.command.map { .string(ByteString.display($0)) } ?? .null),
        ]
        return .object(
            [JSONValue.Member("message_type", .string(messageType))] + further
                + members.map { JSONValue.Member($0.0, $0.1) })
    }
}
