import Glibc
import Testing

/// All that stands below a folder, as text that two folders can be compared by, and the contents of its files. The folder
/// itself is not compared.
struct TreeListing {
    /// What is compared beyond names, kinds, contents, link targets and hard links.
    struct Aspects: OptionSet {
        let rawValue: Int
        static let modes = Aspects(rawValue: 1)
        static let times = Aspects(rawValue: 2)
        static let owners = Aspects(rawValue: 4)
        static let all: Aspects = [.modes, .times, .owners]
    }

    /// A line for each entry, sorted by path.
    private(set) var lines: [String] = []
    private(set) var contents: [[UInt8]: [UInt8]] = [:]
    private let aspects: Aspects
    private var inodes: [UInt64: String] = [:]

    init(_ folder: String, _ aspects: Aspects = .all) throws {
        self.aspects = aspects
        try add(Array(folder.utf8), relative: [])
    }

    /// Expects that two folders hold the same.
    static func expectSame(
        _ folder: String, _ other: String, _ aspects: Aspects = .all, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let differences = try TreeListing(folder, aspects).differences(to: try TreeListing(other, aspects))
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))", sourceLocation: sourceLocation)
    }

    /// What one has and the other has not; empty where they are the same.
    func differences(to other: TreeListing) -> [String] {
        let (ours, theirs) = (Set(lines), Set(other.lines))
        let missing = lines.filter { !theirs.contains($0) }.map { "- \($0)" }
        let added = other.lines.filter { !ours.contains($0) }.map { "+ \($0)" }
        let changed = contents.filter { other.contents[$0.key] != $0.value }.keys.map { "content of \(shown($0))" }
        return missing + added + changed.sorted()
    }

    private mutating func add(_ path: [UInt8], relative: [UInt8]) throws {
        var status = stat()
        guard Files.withPath(path, { lstat($0, &status) }) == 0 else { throw Files.Failure("lstat \(shown(path))") }
        if !relative.isEmpty { lines.append(describe(status, path, relative)) }
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            for name in try names(in: path) {
                try add(path + [UInt8(ascii: "/")] + name, relative: relative + [UInt8(ascii: "/")] + name)
            }
        case S_IFREG: contents[relative] = try Files.read(bytes: path)
        default: break
        }
    }

    private mutating func describe(_ status: stat, _ path: [UInt8], _ relative: [UInt8]) -> String {
        let kind = status.st_mode & S_IFMT
        var parts = [shown(relative), String(kind, radix: 8)]
        if aspects.contains(.modes) { parts.append(String(status.st_mode & 0o7777, radix: 8)) }
        if aspects.contains(.times) { parts.append("\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)") }
        if aspects.contains(.owners) { parts.append("\(status.st_uid):\(status.st_gid)") }
        if kind == S_IFREG { parts.append("\(status.st_size)") }
        if kind == S_IFCHR || kind == S_IFBLK { parts.append("device \(status.st_rdev)") }
        if kind == S_IFLNK { parts.append("-> \(shown(linkTarget(path)))") }
        if kind != S_IFDIR, status.st_nlink > 1 {
            let first = inodes[UInt64(status.st_ino)] ?? shown(relative)
            inodes[UInt64(status.st_ino)] = first
            parts.append("the same as \(first)")
        }
        return parts.joined(separator: " ")
    }

    private func linkTarget(_ path: [UInt8]) -> [UInt8] {
        var target = [UInt8](repeating: 0, count: 4096)
        let count = target.withUnsafeMutableBytes { room in
            Files.withPath(path) { path in room.baseAddress.map { readlink(path, $0, room.count) } ?? 0 }
        }
        return Array(target.prefix(max(0, count)))
    }

    private func names(in path: [UInt8]) throws -> [[UInt8]] {
        guard let stream = Files.withPath(path, { opendir($0) }) else { throw Files.Failure("opendir \(shown(path))") }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = readdir(stream) {
            let name = Files.name(of: entry)
            if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// Bytes that are no printable ASCII in hex, so that two names never look the same.
    private func shown(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            (0x21...0x7e).contains(byte) && byte != UInt8(ascii: "%")
                ? String(UnicodeScalar(byte)) : "%" + String(byte, radix: 16)
        }.joined()
    }
}
