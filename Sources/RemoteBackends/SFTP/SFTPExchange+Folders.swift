import Primitives
import Transfers

extension SFTPExchange {
    /// How many folders are read at once: far fewer than the open handles that servers allow.
    private static let foldersAtOnce = 32

    /// Gives every entry of many folders to `body`, with the number of its folder.
    ///
    /// - Returns: the numbers of the folders that do not exist.
    func list(
        _ folders: [SFTPRequest.Path], _ body: (_ folder: Int, SFTPName) -> Void
    ) throws(SFTPFailure) -> [Int] {
        /// What each request is about; the handle is that of the folder being read.
        var pending: [UInt32: (folder: Int, handle: SFTPRequest.Handle?)] = [:]
        var missing: [Int] = []
        var next = 0
        while next < folders.count || !pending.isEmpty {
            if next < folders.count, pending.count < SFTPExchange.foldersAtOnce {
                pending[try send(.openFolder(folders[next]))] = (next, nil)
                next += 1
                continue
            }
            let answer = try answer()
            guard let (folder, handle) = pending.removeValue(forKey: answer.id) else { continue }
            switch (answer.response, handle) {
            case (.handle(let handle), nil):
                pending[try send(.readFolder(handle))] = (folder, handle)
            case (.outcome(let status), nil) where status.code == .noSuchFile: missing.append(folder)
            case (.names(let names), let handle?) where !names.isEmpty:
                for name in names { body(folder, name) }
                pending[try send(.readFolder(handle))] = (folder, handle)
            case (.outcome(let status), let handle?) where status.code == .endOfFile:
                sendAndForget(.close(handle))
            default: throw .unexpected(answer.response)
            }
        }
        return missing
    }

    /// Makes a folder, and those above it that are missing, for their owner alone; one that is there is no error.
    func makeFolders(_ path: SFTPRequest.Path, _ parent: (SFTPRequest.Path) -> SFTPRequest.Path?) throws(SFTPFailure) {
        do throws(SFTPFailure) {
            try makeFolder(path)
        } catch {
            guard error.isRefusal(.noSuchFile), let above = parent(path) else { throw error }
            try makeFolders(above, parent)
            try makeFolder(path)
        }
    }

    /// Makes a folder for its owner alone; one that is there is no error.
    func makeFolder(_ path: SFTPRequest.Path) throws(SFTPFailure) {
        do throws(SFTPFailure) {
            try carryOut(.makeFolder(path, permissions: SFTPExchange.folderPermissions))
        } catch {
            // No server says that the name exists but by a failure.
            guard case .refused = error, try attributesIfThere(path)?.isFolder == true else { throw error }
        }
    }

    static let folderPermissions: UInt32 = 0o700
    static let filePermissions: UInt32 = 0o600
}
