import FileIO
import Primitives

/// What the kernel says of this process.
enum ProcessMemory {
    /// Anonymous memory that is resident (`RssAnon` in proc(5)): what a mapped file takes is not in it.
    static func anonymousBytes() throws -> Int {
        let file = try OpenFile.open(BytePath("/proc/self/status"))
        var bytes = [UInt8](repeating: 0, count: 16 << 10)
        let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0) }
        for line in String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n") {
            let words = line.split { $0 == " " || $0 == "\t" }
            if words.count == 3, words[0] == "RssAnon:", let kibibytes = Int(words[1]) { return kibibytes << 10 }
        }
        throw VarveError(.local, "/proc/self/status does not name RssAnon")
    }
}
