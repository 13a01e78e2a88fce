import Glibc
import Testing

/// Where what is tested stands: the binary, the tools, and the machine around them.
enum Installation {
    /// The package's folder.
    static let root: String = {
        var parts = resolved(#filePath).split(separator: "/")
        parts.removeLast(4)
        return "/" + parts.joined(separator: "/")
    }()

    /// The binary: what `VARVE_BINARY` names, else what `tools/build` or `swift build` made.
    ///
    /// - Throws: where there is none.
    static func binary() throws -> String {
        let named = getenv("VARVE_BINARY").map { String(cString: $0) }
        let candidates = named.map { [$0] } ?? ["release", "debug"].map { "\(root)/.build/\($0)/varve" }
        let found = candidates.first { access($0, X_OK) == 0 }
        return try #require(found, "there is no varve at \(candidates.joined(separator: " or ")): run ./tools/build")
    }

    static func tool(_ name: String) -> String { "\(root)/tools/\(name)" }

    static let isRoot = geteuid() == 0

    /// Whether the tests that take minutes are wanted.
    static let wantsLargeTests = getenv("VARVE_LARGE_TESTS") != nil

    static func hasCommand(_ name: String) -> Bool {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        return path.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
    }

    static let hasPostgreSQL: Bool = {
        var found = glob_t()
        defer { globfree(&found) }
        return glob("/usr/lib/postgresql/*/bin/postgres", 0, nil, &found) == 0 && hasCommand("psql")
    }()

    /// A path without links in it.
    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}
