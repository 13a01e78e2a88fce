import Primitives
import Repositories

/// Reads trees and lists of one repository.
package struct TreeReader: Sendable {
    package let segments: SegmentReader

    package init(_ segments: SegmentReader) { self.segments = segments }

    package var readTree: ListCursor.ReadNode {
        { [segments] id throws(VarveError) in try segments.chunk(id, as: .tree) }
    }

    package var readList: ListCursor.ReadNode {
        { [segments] id throws(VarveError) in try segments.chunk(id, as: .list) }
    }

    /// The entry at `path` below a root; `nil` for the root itself.
    ///
    /// - Parameter path: names from the root on.
    /// - Throws: kind `notFound`, naming the part that is missing; kind `damaged`.
    package func entry(at path: [[UInt8]], below root: TreeEntry.Subtree) throws(VarveError) -> TreeEntry? {
        var folder = root
        var found: TreeEntry?
        for (depth, name) in path.enumerated() {
            var cursor = TreeCursor(folder)
            guard let entry = try cursor.advance(to: name, readTree) else {
                throw VarveError(
                    .notFound, "the snapshot has no \(TreeReader.display(path.prefix(depth + 1)))",
                    advice: "`varve ls` shows what it has")
            }
            found = entry
            if depth + 1 < path.count {
                guard let subtree = entry.subtree else {
                    throw VarveError(
                        .notFound, "\(TreeReader.display(path.prefix(depth + 1))) is no folder in the snapshot")
                }
                folder = subtree
            }
        }
        return found
    }

    /// Refuses a tree whose folders lie deeper below each other than any file system has them: walks call themselves.
    ///
    /// - Throws: kind `damaged`.
    package static func checkDepth(of path: some Collection<[UInt8]>) throws(VarveError) {
        if path.count > 4096 {
            throw .damaged(display(path.prefix(8)) + "/…", "folders lie more than 4096 deep")
        }
    }

    /// A path below the root, as people read it.
    package static func display(_ path: some Collection<[UInt8]>) -> String {
        "/" + path.map { ByteString.display($0) }.joined(separator: "/")
    }
}
