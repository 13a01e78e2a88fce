import CLinux
import Glibc
import Primitives

/// One extended attribute: its full name with the name space ("user.comment"), and its value.
package struct ExtendedAttribute: Hashable, Sendable {
    package let name: [UInt8]
    package let value: [UInt8]

    package init(name: [UInt8], value: [UInt8]) {
        self.name = name
        self.value = value
    }
}

/// Extended attributes of directory entries, access control lists (`system.posix_acl_access`, `…_default`) among them.
///
/// The entry is named through `/proc/self/fd`, because no call of kernels before 6.13 takes a folder and a name; links are
/// never followed. Linux limits a value and the list of names to 64 KiB each.
package enum ExtendedAttributes {
    /// An attribute that could not be written or removed.
    package struct Failure: Error, Hashable, Sendable {
        package let name: [UInt8]
        package let error: SystemError
    }

    /// All attributes that this user may see, sorted by name; none where the file system has no attributes.
    package static func read(
        at directory: OpenFile, name: [UInt8]
    ) throws(SystemError) -> [ExtendedAttribute] {
        let entry = Entry(directory: directory, name: name)
        var attributes: [ExtendedAttribute] = []
        for name in try names(of: entry) {
            // An attribute may go between the two calls.
            guard let value = try value(of: name, in: entry) else { continue }
            attributes.append(ExtendedAttribute(name: name, value: value))
        }
        return attributes.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }

    /// Writes `attributes`, each on its own, and returns those that failed.
    ///
    /// - Parameter removingOthers: removes what else `user.` attributes and access control lists the entry has, such as a
    ///   list that it inherited from its folder.
    package static func write(
        _ attributes: [ExtendedAttribute], at directory: OpenFile, name: [UInt8], removingOthers: Bool = false
    ) -> [Failure] {
        let entry = Entry(directory: directory, name: name)
        var failures: [Failure] = []
        func attempt(_ name: [UInt8], _ change: () throws(SystemError) -> Void) {
            do throws(SystemError) { try change() } catch { failures.append(Failure(name: name, error: error)) }
        }
        if removingOthers {
            let wanted = Set(attributes.map(\.name))
            var present: [[UInt8]] = []
            attempt([]) { () throws(SystemError) in present = try names(of: entry) }
            for name in present where !wanted.contains(name) && isOfUsers(name) {
                attempt(name) { () throws(SystemError) in
                    _ = try entry.perform("remove", name) { lremovexattr($0, $1) }
                }
            }
        }
        for attribute in attributes {
            attempt(attribute.name) { () throws(SystemError) in
                _ = try entry.perform("write", attribute.name) {
                    lsetxattr($0, $1, attribute.value, attribute.value.count, 0)
                }
            }
        }
        return failures
    }

    /// Labels of security modules are not removed: the kernel sets them itself.
    private static func isOfUsers(_ name: [UInt8]) -> Bool {
        name.starts(with: Array("user.".utf8)) || name.starts(with: Array("system.posix_acl_".utf8))
    }

    private static func names(of entry: Entry) throws(SystemError) -> [[UInt8]] {
        let list = try growing { buffer throws(SystemError) in
            try entry.perform("list", []) { path, _ in llistxattr(path, buffer.baseAddress, buffer.count) }
        }
        return (list ?? []).split(separator: 0).map { $0.map(UInt8.init(bitPattern:)) }
    }

    private static func value(of name: [UInt8], in entry: Entry) throws(SystemError) -> [UInt8]? {
        let value = try growing { buffer throws(SystemError) in
            try entry.perform("read", name) { lgetxattr($0, $1, buffer.baseAddress, buffer.count) }
        }
        return value.map { $0.map(UInt8.init(bitPattern:)) }
    }

    /// Calls `fill` with a buffer that is large enough; `nil` where the attribute, or all of them, are not there.
    private static func growing(
        _ fill: (UnsafeMutableBufferPointer<CChar>) throws(SystemError) -> Int
    ) throws(SystemError) -> [CChar]? {
        // Most entries have no attribute, so that one call with a small buffer is all.
        for capacity in [1 << 10, 1 << 16, 1 << 20] {
            var buffer = [CChar](repeating: 0, count: capacity)
            do throws(SystemError) {
                let count = try buffer.withUnsafeMutableBufferPointer { buffer throws(SystemError) in try fill(buffer) }
                return Array(buffer[..<count])
            } catch {
                switch error.errnoCode {
                case ENOTSUP, ENODATA: return nil
                case ERANGE where capacity < 1 << 20: continue
                default: throw error
                }
            }
        }
        return nil
    }

    /// An entry of a folder, and how attribute calls name it.
    private struct Entry {
        let directory: OpenFile
        let name: [UInt8]

        /// Calls `call` with the path of the entry and the name of the attribute.
        func perform<T: FixedWidthInteger>(
            _ operation: String, _ attribute: [UInt8],
            _ call: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> T
        ) throws(SystemError) -> T {
            try directory.withDescriptor { descriptor throws(SystemError) in
                try withCString(Array("/proc/self/fd/\(descriptor)/".utf8) + name) { path throws(SystemError) in
                    try withCString(attribute) { attributeName throws(SystemError) in
                        try retrying(describe(operation, attribute), directory.path.appending(name).display) {
                            call(path, attributeName)
                        }
                    }
                }
            }
        }

        private func describe(_ operation: String, _ attribute: [UInt8]) -> String {
            attribute.isEmpty
                ? "\(operation) the extended attributes of"
                : "\(operation) the extended attribute \(ByteString.display(attribute)) of"
        }
    }
}
