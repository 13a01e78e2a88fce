import Glibc
import Primitives

/// A path of the file system: bytes, which need not be text.
///
/// A byte that is NUL can name nothing: every call of this module that takes such a path or name throws `EINVAL`.
package struct BytePath: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package init(_ string: String) { bytes = Array(string.utf8) }

    /// For a path from outside: `nil` where it is empty or a byte is NUL.
    package init?(validating bytes: [UInt8]) {
        if bytes.isEmpty || bytes.contains(0) { return nil }
        self.bytes = bytes
    }

    private static let slash = UInt8(ascii: "/")
    private static let dot = UInt8(ascii: ".")

    package var isAbsolute: Bool { bytes.first == BytePath.slash }

    /// The path of `name` in this folder, with one slash between.
    package func appending(_ name: [UInt8]) -> BytePath {
        if bytes.isEmpty { return BytePath(name) }
        var joined = bytes
        joined.reserveCapacity(bytes.count + name.count + 1)
        if joined.last != BytePath.slash { joined.append(BytePath.slash) }
        joined.append(contentsOf: name)
        return BytePath(joined)
    }

    /// The path of `name` in this folder, with one slash between.
    package func appending(_ name: String) -> BytePath { appending(Array(name.utf8)) }

    /// The names between the slashes, without empty ones; the root has none.
    package var components: [[UInt8]] { bytes.split(separator: BytePath.slash).map(Array.init) }

    /// The last name; empty for the root and the empty path.
    package var lastComponent: [UInt8] {
        let end = endOfLastComponent
        return Array(bytes[startOfLastComponent(endingAt: end)..<end])
    }

    /// The path without its last name: "/" for the root and what is in it, "." for a single name.
    package var parent: BytePath {
        var end = startOfLastComponent(endingAt: endOfLastComponent)
        while end > 0, bytes[end - 1] == BytePath.slash { end -= 1 }
        if end > 0 { return BytePath(Array(bytes[..<end])) }
        return BytePath(isAbsolute ? "/" : ".")
    }

    /// The same path from the root, without ".", ".." and doubled slashes.
    ///
    /// ".." is taken away with the name before it, as text: where that name is a symbolic link, the result is another place.
    /// - Throws: `SystemError` where the working directory cannot be told.
    package func absolute() throws(SystemError) -> BytePath {
        let start = isAbsolute ? self : try BytePath.workingDirectory().appending(bytes)
        var names: [[UInt8]] = []
        for name in start.components where name != [BytePath.dot] {
            if name == [BytePath.dot, BytePath.dot] { _ = names.popLast() } else { names.append(name) }
        }
        return BytePath([BytePath.slash] + names.joined(separator: [BytePath.slash]))
    }

    /// The working directory of the process.
    package static func workingDirectory() throws(SystemError) -> BytePath {
        guard let pointer = getcwd(nil, 0) else {
            throw SystemError(errnoCode: errno, operation: "tell", path: "the working directory")
        }
        defer { free(pointer) }
        return BytePath(UnsafeBufferPointer(start: pointer, count: strlen(pointer)).map { UInt8(bitPattern: $0) })
    }

    /// The path as people read it; see ``ByteString``.
    package var display: String { ByteString.display(bytes) }

    /// Gives `body` the path as a C string.
    ///
    /// - Throws: what `body` throws, and `SystemError` with `EINVAL` where a byte is NUL.
    package func withCString<R>(
        _ body: (UnsafePointer<CChar>) throws(SystemError) -> R
    ) throws(SystemError) -> R {
        try FileIO.withCString(bytes, body)
    }

    private var endOfLastComponent: Int {
        (bytes.lastIndex { $0 != BytePath.slash } ?? -1) + 1
    }

    private func startOfLastComponent(endingAt end: Int) -> Int {
        (bytes[..<end].lastIndex(of: BytePath.slash) ?? -1) + 1
    }
}

extension BytePath: Comparable {
    /// Orders by the bytes, which is not the order of a walk: "a-b" comes before "a/b".
    package static func < (a: BytePath, b: BytePath) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }
}

extension BytePath: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self.init(value) }
}

extension BytePath: CustomStringConvertible {
    package var description: String { display }
}
