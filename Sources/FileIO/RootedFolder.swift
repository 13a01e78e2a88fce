import Glibc

/// A folder under which files are put, and out of which nothing leads.
///
/// Every step down opens one name without following links, so that a link planted on the way ends in an error.
package final class RootedFolder: Sendable {
    package let folder: OpenFile

    package init(_ folder: OpenFile) { self.folder = folder }

    /// Opens the folder at `path`, which may itself be reached through links.
    package static func open(_ path: BytePath) throws(SystemError) -> RootedFolder {
        RootedFolder(try OpenFile.open(path, .readOnly, .directory))
    }

    /// Opens the folder that `components` name one below the other; the folder itself for none.
    ///
    /// - Parameter creating: makes what is missing, with permissions 0700.
    /// - Throws: `SystemError`, with `ELOOP` or `ENOTDIR` where a component is a link or no folder, and with `EINVAL` for a
    ///   name that is empty, ".", "..", or holds a slash or a NUL.
    package func descend(_ components: [[UInt8]], creating: Bool = false) throws(SystemError) -> OpenFile {
        var current = folder
        for name in components {
            do throws(SystemError) {
                current = try current.openExisting(name, .readOnly, .directory)
            } catch  where error.errnoCode == ENOENT && creating {
                do throws(SystemError) { try current.makeDirectory(name) } catch  where error.errnoCode == EEXIST {}
                current = try current.openExisting(name, .readOnly, .directory)
            }
        }
        return current
    }
}
