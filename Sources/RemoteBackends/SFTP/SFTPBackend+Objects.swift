import Backends
import FileIO
import Primitives

extension SFTPBackend {
    // MARK: Writing

    package func put(_ name: ObjectName, _ bytes: [UInt8]) throws(VarveError) {
        try put(name, SFTPUpload(bytes))
    }

    package func put(_ name: ObjectName, from file: TemporaryFile) throws(VarveError) {
        try put(name, try SFTPUpload(file.file))
        file.discard()
    }

    private func put(_ name: ObjectName, _ upload: SFTPUpload) throws(VarveError) {
        var isFull = false
        var abandoned: [SFTPRequest.Path] = []
        let refusal = { (status: SFTPStatus) in isFull ? self.full(status, name) : nil }
        try perform(.write, "write \(name)", refusal: refusal) { exchange, _ throws(SFTPFailure) in
            // What an earlier attempt left with its connection.
            for path in abandoned { _ = try exchange.ask(.remove(path)) }
            let temporary = temporaryPath()
            abandoned = [temporary]
            do throws(SFTPFailure) {
                try store(temporary, upload, as: name, exchange)
            } catch {
                // The server says no more than "failure" where its disk is full.
                isFull = error.isRefusal(.failure) && isShort(of: upload.count, exchange)
                throw error
            }
        }
    }

    /// The folders may be missing where empty ones were lost in copying a repository: they are made again.
    private func store(
        _ temporary: SFTPRequest.Path, _ upload: SFTPUpload, as name: ObjectName, _ exchange: SFTPExchange
    ) throws(SFTPFailure) {
        do throws(SFTPFailure) {
            try exchange.create(temporary, upload, meter)
        } catch {
            guard error.isRefusal(.noSuchFile) else { throw error }
            try exchange.makeFolder(temporaryFolderPath.bytes)
            try exchange.create(temporary, upload, meter)
        }
        do throws(SFTPFailure) {
            try commit(temporary, upload, as: name, exchange)
        } catch {
            try? exchange.carryOut(.remove(temporary))
            throw error
        }
    }

    private func commit(
        _ temporary: SFTPRequest.Path, _ upload: SFTPUpload, as name: ObjectName, _ exchange: SFTPExchange
    ) throws(SFTPFailure) {
        let target = path(name).bytes
        do throws(SFTPFailure) {
            try exchange.commit(temporary, to: target, count: upload.count)
        } catch {
            guard error.isRefusal(.noSuchFile) else { throw error }
            try exchange.makeFolder(folderPath(name.folder).bytes)
            try exchange.makeFolder(parentPath(name).bytes)
            try exchange.commit(temporary, to: target, count: upload.count)
        }
    }

    /// Whether the server's disk has less room than that; no where it does not tell.
    private func isShort(of count: Int, _ exchange: SFTPExchange) -> Bool {
        guard exchange.connection.offers(.fileSystem),
            case .extendedReply(let reply)? = try? exchange.ask(.fileSystem(root.bytes)),
            let free = try? SFTPFreeSpace(decoding: reply)
        else { return false }
        return free.bytes < UInt64(count) + 65_536
    }

    private func full(_ status: SFTPStatus, _ name: ObjectName) -> VarveError {
        VarveError(
            .storage,
            "cannot write \(name) at \(location): the disk there is full (the server says: \(status.message))",
            advice: "free some space there and run it again")
    }

    package func delete(_ name: ObjectName) throws(VarveError) {
        try perform(.delete, "delete \(name)") { exchange, _ throws(SFTPFailure) in
            do throws(SFTPFailure) {
                try exchange.carryOut(.remove(path(name).bytes))
            } catch {
                if !error.isRefusal(.noSuchFile) { throw error }
            }
        }
    }

    package func setAside(_ name: ObjectName) throws(VarveError) {
        let source = path(name).bytes
        let target = source + Array(".damaged".utf8)
        try perform(.other, "set \(name) aside", refusal: { missing($0, name) }) {
            exchange, attempt throws(SFTPFailure) in
            do throws(SFTPFailure) {
                guard try exchange.attributesIfThere(source) != nil else { throw .refused(SFTPStatus(.noSuchFile)) }
                if exchange.connection.offers(.replacingRename) {
                    try exchange.carryOut(.replacingRename(source, to: target))
                } else {
                    if try exchange.attributesIfThere(target) != nil { try exchange.carryOut(.remove(target)) }
                    try exchange.carryOut(.rename(source, to: target))
                }
            } catch {
                // The connection may have broken off between our own rename and the answer.
                guard attempt > 1, error.isRefusal(.noSuchFile), try exchange.attributesIfThere(target) != nil else {
                    throw error
                }
            }
        }
    }

    // MARK: Reading

    package func read(_ name: ObjectName) throws(VarveError) -> [UInt8] {
        let limit = name.folder.objectSizeLimit
        let content = try perform(.read, "read \(name)", refusal: { missing($0, name) }) {
            exchange, _ throws(SFTPFailure) in
            try exchange.readWhole(path(name).bytes, limit: limit, meter)
        }
        switch content {
        case .bytes(let bytes): return bytes
        case .larger(let size): throw tooLarge(name, size)
        }
    }

    package func read(
        _ name: ObjectName, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(VarveError) {
        let count = try perform(.read, "read \(name)", refusal: { missing($0, name) }) {
            exchange, _ throws(SFTPFailure) in
            let handle = try exchange.handle(.open(path(name).bytes, .read, permissions: 0))
            defer { exchange.sendAndForget(.close(handle)) }
            // No file ends beyond what its system can number, and servers may take such an offset for a negative one.
            guard offset <= UInt64(Int64.max) - UInt64(buffer.count) else { return 0 }
            return try exchange.read(handle, at: offset, into: buffer, meter)
        }
        guard count == buffer.count else { throw truncated(name, buffer.count, at: offset) }
    }

    private func missing(_ status: SFTPStatus, _ name: ObjectName) -> VarveError? {
        status.code == .noSuchFile ? missing(name) : nil
    }

    // MARK: Listing

    package func list(_ folder: StorageFolder, _ body: (ListedObject) -> Void) throws(VarveError) {
        let root = folderPath(folder)
        let prefixes = folder == .data ? (0...UInt8.max).map { Hex.encode([$0]) } : [""]
        let paths = folder == .data ? prefixes.map { root.appending($0).bytes } : [root.bytes]
        let objects = try perform(.list, "list \(folder.rawValue)/") { exchange, _ throws(SFTPFailure) in
            var objects: [ListedObject] = []
            let missing = try exchange.list(paths) { index, entry in
                if let object = SFTPBackend.object(entry, prefix: prefixes[index]) { objects.append(object) }
            }
            // Folders that hold nothing are lost by some tools that copy repositories. But a repository that is gone, such
            // as one on a disk that is no longer mounted, is not an empty one.
            if !missing.isEmpty { _ = try exchange.attributes(.status(configurationPath.bytes)) }
            return objects
        }
        for object in objects { body(object) }
    }

    /// - Parameter prefix: of the names that belong there; others would not be found under their name.
    private static func object(_ entry: SFTPName, prefix: String) -> ListedObject? {
        guard entry.name.count == 64, entry.attributes.isFile, let size = entry.attributes.size else { return nil }
        let text = String(decoding: entry.name, as: UTF8.self)
        guard text.hasPrefix(prefix), let id = Digest(hex: text), id.hex == text else { return nil }
        return ListedObject(id: id, size: size)
    }
}
