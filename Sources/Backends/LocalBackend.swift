import FileIO
import Glibc
import Primitives

/// A repository in a folder (`format-spec/layout.md`).
package struct LocalBackend: Backend {
    private let root: BytePath

    package init(_ folder: BytePath) { root = folder }

    package var location: String { root.display }
    package var temporaryFolder: BytePath? { root.appending("tmp") }

    private var configurationPath: BytePath { root.appending("config") }

    private func folderPath(_ name: ObjectName) -> BytePath {
        let folder = root.appending(name.folder.rawValue)
        return name.folder == .data ? folder.appending(String(name.id.hex.prefix(2))) : folder
    }

    private func path(_ name: ObjectName) -> BytePath { folderPath(name).appending(name.id.hex) }

    // MARK: Layout and configuration

    package func readConfiguration() throws(VarveError) -> [UInt8]? {
        do throws(SystemError) {
            return try OpenFile.open(configurationPath).readAll(limit: configurationSizeLimit)
        } catch  where error.isMissing {
            return nil
        } catch  where error.errnoCode == EFBIG {
            throw configurationTooLarge()
        } catch {
            throw error.asVarveError(.storage)
        }
    }

    package func createLayout() throws(VarveError) {
        try reportingErrors(as: .storage) { () throws(SystemError) in
            try LocalBackend.makeFolders(root)
            try root.appending("tmp").makeDirectory()
            for folder in StorageFolder.allCases { try root.appending(folder.rawValue).makeDirectory() }
            let data = root.appending(StorageFolder.data.rawValue)
            for first in 0...UInt8.max { try data.appending(Hex.encode([first])).makeDirectory() }
            for folder in [data, root] { try folder.synchronizeDirectory() }
            // Where the folder was there already, a killed `init` may have made it a moment ago.
            do throws(SystemError) {
                try root.parent.synchronizeDirectory()
            } catch  where error.errnoCode == EACCES {
                // Nobody but its owner may read the folder above, so it was not we who made this one.
                return
            }
        }
    }

    /// Makes a folder and those above it that are missing, and makes each new name durable.
    private static func makeFolders(_ folder: BytePath) throws(SystemError) {
        do throws(SystemError) {
            guard try folder.makeDirectory() else { return }
        } catch  where error.errnoCode == ENOENT && folder.parent != folder {
            try makeFolders(folder.parent)
            try folder.makeDirectory()
        }
        try folder.parent.synchronizeDirectory()
    }

    package func writeConfiguration(_ bytes: [UInt8]) throws(VarveError) {
        do throws(SystemError) {
            try DurableWrite.create(path: configurationPath, bytes, temporaryFolder: root.appending("tmp"))
        } catch  where error.errnoCode == EEXIST {
            throw repositoryExists(at: location)
        } catch {
            throw error.asVarveError(.storage)
        }
    }

    package func prepareForWriting() throws(VarveError) {
        try reportingErrors(as: .storage) { () throws(SystemError) in
            try root.appending("tmp").makeDirectory()
            try TemporaryFile.removeStale(in: root.appending("tmp"))
        }
    }

    // MARK: Objects

    package func put(_ name: ObjectName, _ bytes: [UInt8]) throws(VarveError) {
        try reportingErrors(as: .storage) { () throws(SystemError) in
            let file = try TemporaryFile.create(in: root.appending("tmp"))
            try file.file.write(bytes)
            try commit(file, as: name)
        }
    }

    package func put(_ name: ObjectName, from file: TemporaryFile) throws(VarveError) {
        try reportingErrors(as: .storage) { () throws(SystemError) in try commit(file, as: name) }
    }

    /// The folder may be missing where an empty one was lost in copying a repository: it is made again before the
    /// rename.
    private func commit(_ file: TemporaryFile, as name: ObjectName) throws(SystemError) {
        let folder = folderPath(name)
        if try folder.makeDirectory() { try folder.parent.synchronizeDirectory() }
        try file.commit(to: path(name), replacing: true)
    }

    package func read(_ name: ObjectName) throws(VarveError) -> [UInt8] {
        let limit = name.folder.objectSizeLimit
        var size: Int64 = 0
        do throws(SystemError) {
            let file = try OpenFile.open(path(name))
            size = try file.size()
            if size <= limit { return try file.readAll(limit: limit) }
        } catch {
            throw failure(error, name)
        }
        throw tooLarge(name, UInt64(size))
    }

    package func read(
        _ name: ObjectName, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(VarveError) {
        var count = 0
        do throws(SystemError) {
            let file = try OpenFile.open(path(name))
            // The kernel refuses offsets that no file can have; there is nothing to read from those either.
            if offset < UInt64(try file.size()) { count = try file.readFully(into: buffer, at: Int64(offset)) }
        } catch {
            throw failure(error, name)
        }
        guard count == buffer.count else { throw truncated(name, buffer.count, at: offset) }
    }

    private func failure(_ error: SystemError, _ name: ObjectName) -> VarveError {
        error.isMissing ? missing(name) : error.asVarveError(.storage)
    }

    package func list(_ folder: StorageFolder, _ body: (ListedObject) -> Void) throws(VarveError) {
        let path = root.appending(folder.rawValue)
        do throws(SystemError) {
            guard folder == .data else { return try listFlat(path, prefix: "", body) }
            for first in 0...UInt8.max {
                let prefix = Hex.encode([first])
                try listFlat(path.appending(prefix), prefix: prefix, body)
            }
        } catch {
            throw error.asVarveError(.storage)
        }
    }

    /// - Parameter prefix: of the names that belong there; others would not be found under their name.
    private func listFlat(
        _ path: BytePath, prefix: String, _ body: (ListedObject) -> Void
    ) throws(SystemError) {
        let directory: OpenFile
        do throws(SystemError) {
            directory = try OpenFile.open(path, .readOnly, .directory)
        } catch  where error.errnoCode == ENOENT {
            // Folders that hold nothing are lost by some tools that copy repositories. But a repository that is gone,
            // such as one on a disk that is no longer mounted, is not an empty one.
            _ = try FileMetadata.read(configurationPath)
            return
        }
        let listing = try DirectoryListing(of: directory)
        for name in listing where name.count == 64 {
            let text = String(decoding: name, as: UTF8.self)
            guard text.hasPrefix(prefix), let id = Digest(hex: text), id.hex == text else { continue }
            do throws(SystemError) {
                let metadata = try FileMetadata.read(at: directory, name: name)
                if metadata.kind == .regular { body(ListedObject(id: id, size: UInt64(metadata.size))) }
            } catch  where error.errnoCode == ENOENT {
                continue
            }
        }
    }

    package func delete(_ name: ObjectName) throws(VarveError) {
        do throws(SystemError) {
            try remove(name)
            try folderPath(name).synchronizeDirectory()
        } catch  where error.isMissing {
            return
        } catch {
            throw error.asVarveError(.storage)
        }
    }

    /// Removes the file; one that is missing may have been removed a moment ago, which is to be made durable as well.
    private func remove(_ name: ObjectName) throws(SystemError) {
        do throws(SystemError) {
            try path(name).removeFile()
        } catch  where error.isMissing {
            return
        }
    }

    /// Makes each folder durable once, not with every object.
    package func delete(_ names: [ObjectName]) -> [FailedDeletion] {
        var failures: [FailedDeletion] = []
        var removed: [BytePath: [ObjectName]] = [:]
        for name in names {
            do throws(SystemError) {
                try remove(name)
                removed[folderPath(name), default: []].append(name)
            } catch {
                failures.append(FailedDeletion(name: name, error: error.asVarveError(.storage)))
            }
        }
        for (folder, names) in removed {
            do throws(SystemError) {
                try folder.synchronizeDirectory()
            } catch  where error.isMissing {
                continue
            } catch {
                failures += names.map { FailedDeletion(name: $0, error: error.asVarveError(.storage)) }
            }
        }
        return failures
    }

    package func setAside(_ name: ObjectName) throws(VarveError) {
        do throws(SystemError) {
            let folder = try OpenFile.open(folderPath(name), .readOnly, .directory)
            let old = Array(name.id.hex.utf8)
            try folder.rename(old, to: folder, old + Array(".damaged".utf8), replacing: true)
            try folderPath(name).synchronizeDirectory()
        } catch {
            throw failure(error, name)
        }
    }
}
