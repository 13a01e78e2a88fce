import Glibc
import Testing

/// Files as tests make and read them.
enum Files {
    /// An operation on a file failed.
    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ what: String, _ code: Int32 = errno) { description = "\(what): \(String(cString: strerror(code)))" }
    }

    static func read(_ path: String) throws -> [UInt8] { try read(bytes: Array(path.utf8)) }

    static func read(bytes path: [UInt8]) throws -> [UInt8] {
        let file = try opened(path, O_RDONLY)
        defer { close(file) }
        var content: [UInt8] = []
        while true {
            let room = 1 << 20
            let piece = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                count = max(0, Glibc.read(file, buffer.baseAddress, room))
            }
            if piece.isEmpty { return content }
            content += piece
        }
    }

    static func text(_ path: String) throws -> String { String(decoding: try read(path), as: UTF8.self) }

    static func write(_ content: [UInt8], to path: String) throws {
        let file = try opened(Array(path.utf8), O_WRONLY | O_CREAT | O_TRUNC)
        defer { close(file) }
        var rest = content[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0 { throw Failure("write \(path)") }
            rest = rest.dropFirst(count)
        }
    }

    static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

    static func makeFolder(_ path: String, _ mode: mode_t = 0o755) throws {
        if mkdir(path, mode) != 0 { throw Failure("mkdir \(path)") }
        chmod(path, mode)
    }

    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// All regular files below a folder, with their lengths.
    static func below(_ folder: String) -> [(path: String, size: Int)] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var found: [(path: String, size: Int)] = []
        while let entry = readdir(stream) {
            let name = name(of: entry)
            let path = folder + "/" + String(decoding: name, as: UTF8.self)
            var status = stat()
            if name == Array(".".utf8) || name == Array("..".utf8) || lstat(path, &status) != 0 { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: found += below(path)
            case S_IFREG: found.append((path, Int(status.st_size)))
            default: break
            }
        }
        return found.sorted { $0.path < $1.path }
    }

    static func name(of entry: UnsafeMutablePointer<dirent>) -> [UInt8] {
        withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
    }

    /// Gives `body` the path as C has it.
    static func withPath<Result>(_ path: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
        (path + [0]).map { CChar(bitPattern: $0) }.withUnsafeBufferPointer { bytes in
            guard let start = bytes.baseAddress else { preconditionFailure("a path has at least its end mark") }
            return body(start)
        }
    }

    private static func opened(_ path: [UInt8], _ flags: Int32) throws -> Int32 {
        let file = withPath(path) { open($0, flags | O_CLOEXEC, 0o644) }
        if file < 0 { throw Failure("open \(String(decoding: path, as: UTF8.self))") }
        return file
    }
}
