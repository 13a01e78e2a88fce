import Backends
import FileIO
import Primitives

extension SFTPBackend {
    package func createLayout() throws(VarveError) {
        try perform(.other, "make the folders of the repository") { exchange, _ throws(SFTPFailure) in
            try exchange.makeFolders(root.bytes) { path in
                let parent = BytePath(path).parent
                return parent.bytes == path || parent == "." ? nil : parent.bytes
            }
            try exchange.makeFolder(temporaryFolderPath.bytes)
            for folder in StorageFolder.allCases { try exchange.makeFolder(folderPath(folder).bytes) }
            try makeDataFolders(exchange)
        }
    }

    /// Makes those of the 256 folders of `data/` that are missing.
    private func makeDataFolders(_ exchange: SFTPExchange) throws(SFTPFailure) {
        let data = folderPath(.data)
        var missing = Set((0...UInt8.max).map { Hex.encode([$0]) })
        _ = try exchange.list([data.bytes]) { _, entry in
            if entry.attributes.isFolder { missing.remove(String(decoding: entry.name, as: UTF8.self)) }
        }
        let paths = missing.sorted().map { data.appending($0).bytes }
        let requests = paths.map { SFTPRequest.makeFolder($0, permissions: SFTPExchange.folderPermissions) }
        for (path, response) in zip(paths, try exchange.askAll(requests)) {
            guard case .outcome(let status) = response, status.code == .ok else {
                // Another `init` may have been quicker.
                try exchange.makeFolder(path)
                continue
            }
        }
    }

    // MARK: config

    package func readConfiguration() throws(VarveError) -> [UInt8]? {
        let bytes = try perform(.read, "read config") { exchange, _ throws(SFTPFailure) in
            try readConfiguration(exchange)
        }
        if let bytes, bytes.count > configurationSizeLimit { throw configurationTooLarge() }
        return bytes
    }

    /// At most one byte more than a `config` may have.
    private func readConfiguration(_ exchange: SFTPExchange) throws(SFTPFailure) -> [UInt8]? {
        do throws(SFTPFailure) {
            let handle = try exchange.handle(.open(configurationPath.bytes, .read, permissions: 0))
            defer { exchange.sendAndForget(.close(handle)) }
            return try exchange.read(handle, upTo: configurationSizeLimit + 1, meter)
        } catch {
            if error.isRefusal(.noSuchFile) { return nil }
            throw error
        }
    }

    package func writeConfiguration(_ bytes: [UInt8]) throws(VarveError) {
        let isWritten = try perform(.write, "write config") { exchange, attempt throws(SFTPFailure) in
            // The connection may have broken off between our own rename and the answer.
            if let there = try readConfiguration(exchange) { return attempt > 1 && there == bytes }
            let temporary = temporaryPath()
            try exchange.create(temporary, SFTPUpload(bytes), meter)
            return try putInPlace(temporary, bytes, exchange)
        }
        if !isWritten { throw repositoryExists(at: location) }
    }

    /// Gives the file the name `config`, unless there is one; gives whether it was done.
    ///
    /// A second name is refused by every server where the name exists, but not all servers know second names. A rename is
    /// refused by those that follow the draft. With others the last of several writers wins, and all of them see that.
    private func putInPlace(
        _ temporary: SFTPRequest.Path, _ bytes: [UInt8], _ exchange: SFTPExchange
    ) throws(SFTPFailure) -> Bool {
        let target = configurationPath.bytes
        do throws(SFTPFailure) {
            if exchange.connection.offers(.hardLink), try isDone(.hardLink(temporary, to: target), exchange) {
                try exchange.carryOut(.remove(temporary))
            } else if try exchange.attributesIfThere(target) == nil {
                try exchange.carryOut(.rename(temporary, to: target))
            } else {
                try exchange.carryOut(.remove(temporary))
                return false
            }
        } catch {
            try? exchange.carryOut(.remove(temporary))
            if try readConfiguration(exchange) != nil { return false }
            throw error
        }
        return try readConfiguration(exchange) == bytes
    }

    /// Whether the server does it, where it may refuse.
    private func isDone(_ request: SFTPRequest, _ exchange: SFTPExchange) throws(SFTPFailure) -> Bool {
        guard case .outcome(let status) = try exchange.ask(request) else { return false }
        return status.code == .ok
    }

    // MARK: Temporary files

    /// Not the names of ``TemporaryFile``: who uses the repository on the server itself takes those for abandoned, because
    /// no process holds a lock on them.
    private static let temporaryPrefix = "sftp-"

    /// Seconds after which what nobody wrote to is abandoned.
    private static let abandonedAfter: UInt32 = 86_400

    func temporaryPath() -> SFTPRequest.Path {
        temporaryFolderPath.appending(SFTPBackend.temporaryPrefix + Hex.encode(random.bytes(16))).bytes
    }

    package func prepareForWriting() throws(VarveError) {
        try perform(.other, "clear away temporary files") { exchange, _ throws(SFTPFailure) in
            try exchange.makeFolder(temporaryFolderPath.bytes)
            var files: [SFTPName] = []
            _ = try exchange.list([temporaryFolderPath.bytes]) { _, entry in
                if SFTPBackend.isTemporary(entry) { files.append(entry) }
            }
            if files.isEmpty { return }
            let now = try serverTime(exchange)
            for file in files {
                guard let modified = file.attributes.modified, modified < now,
                    now - modified > SFTPBackend.abandonedAfter
                else { continue }
                // Another writer may be clearing away too.
                _ = try exchange.ask(.remove(temporaryFolderPath.appending(file.name).bytes))
            }
        }
    }

    private static func isTemporary(_ entry: SFTPName) -> Bool {
        let prefix = Array(temporaryPrefix.utf8)
        return entry.attributes.isFile && entry.name.count == prefix.count + 32 && entry.name.starts(with: prefix)
            && Hex.decode(String(decoding: entry.name.dropFirst(prefix.count), as: UTF8.self)) != nil
    }

    /// The server's own clock, by which it dates files; ours may differ by days.
    private func serverTime(_ exchange: SFTPExchange) throws(SFTPFailure) -> UInt32 {
        let path = temporaryPath()
        try exchange.create(path, SFTPUpload([0]), meter)
        let attributes = try exchange.attributes(.status(path))
        try exchange.carryOut(.remove(path))
        return attributes.modified ?? 0
    }
}
