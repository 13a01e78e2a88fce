import FileIO
import Glibc

/// Variables for a process, as the bytes that they are.
package struct ProcessEnvironment: Sendable {
    /// "NAME=value" each.
    let entries: [[UInt8]]

    private init(entries: [[UInt8]]) { self.entries = entries }

    package init(_ variables: [String: String]) {
        entries = variables.sorted { $0.key < $1.key }.map { Array("\($0.key)=\($0.value)".utf8) }
    }

    /// Those of this process.
    package static func inherited() -> ProcessEnvironment {
        var entries: [[UInt8]] = []
        var next = environ
        while let entry = next.pointee {
            entries.append(UnsafeBufferPointer(start: entry, count: strlen(entry)).map(UInt8.init(bitPattern:)))
            next += 1
        }
        return ProcessEnvironment(entries: entries)
    }

    /// The same without the variables named.
    package func dropping(_ names: some Sequence<String>) -> ProcessEnvironment {
        let dropped = Set(names.map { Array($0.utf8) })
        return ProcessEnvironment(
            entries: entries.filter { !dropped.contains(Array($0.prefix { $0 != UInt8(ascii: "=") })) })
    }

    /// The same with some variables set.
    package func setting(_ variables: [(name: String, value: String)]) -> ProcessEnvironment {
        let kept = dropping(variables.map(\.name))
        return ProcessEnvironment(entries: kept.entries + variables.map { Array("\($0.name)=\($0.value)".utf8) })
    }

    /// The value of a variable; `nil` where it is not set.
    package func value(of name: String) -> [UInt8]? {
        let start = Array("\(name)=".utf8)
        return entries.first { $0.starts(with: start) }.map { Array($0.dropFirst(start.count)) }
    }

    /// The path of a program: the one on `PATH`, or the name itself where it has a slash in it; `nil` where there is none.
    package func find(_ program: String) -> BytePath? {
        if program.utf8.contains(UInt8(ascii: "/")) { return BytePath(program) }
        let searchPath = value(of: "PATH") ?? Array("/usr/local/bin:/usr/bin:/bin".utf8)
        return searchPath.split(separator: UInt8(ascii: ":")).map { BytePath(Array($0)).appending(program) }
            .first { candidate in
                (try? candidate.withCString { path throws(SystemError) in access(path, X_OK) == 0 }) == true
            }
    }
}
