import Backends
import FileIO
import Primitives
import Threads
import Transfers

extension S3Backend {
    /// Sends an object in parts, several at once. Nothing of it is to be seen before all of it is there.
    func putInParts(_ name: ObjectName, _ body: HTTPBody) throws(VarveError) {
        let operation = "write \(name)"
        var start = S3Request.startUpload(key(name))
        start.headers += classHeaders(name.folder)
        let answer = try client.require(operation, start)
        guard let upload = (try? XMLElement(parsing: answer.body))?.text(of: "UploadId"), !upload.isEmpty else {
            throw client.odd(operation, "the server starts an upload and does not say which")
        }
        do throws(VarveError) {
            try complete(name, upload, tags: try sendParts(name, upload, body), size: body.count)
        } catch {
            // What stays behind costs space: prepareForWriting() clears it away where this fails too.
            _ = try? client.ask("clear away what was written of \(name)", .abortUpload(key(name), upload))
            throw error
        }
    }

    private struct Progress {
        var next = 0
        var tags: [String?]
        var failure: VarveError?
    }

    /// - Returns: what the server calls the parts.
    private func sendParts(_ name: ObjectName, _ upload: String, _ body: HTTPBody) throws(VarveError) -> [String] {
        let size = partSize
        let count = Int((body.count + size - 1) / size)
        let progress = Locked(Progress(tags: Array(repeating: nil, count: count)))
        let threads = (0..<min(count, client.connections)).map { thread in
            WorkerThread(name: "part-\(thread)") { [self] in
                while let index = progress.withLock({ progress -> Int? in
                    guard progress.failure == nil, progress.next < count else { return nil }
                    defer { progress.next += 1 }
                    return progress.next
                }) {
                    let offset = UInt64(index) * size
                    do throws(VarveError) {
                        let tag = try sendPart(
                            index + 1, name, upload, body.part(offset, min(size, body.count - offset)))
                        progress.withLock { $0.tags[index] = tag }
                    } catch {
                        progress.withLock { $0.failure = $0.failure ?? error }
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        return try progress.withLock { progress throws(VarveError) in
            if let failure = progress.failure { throw failure }
            return progress.tags.compactMap(\.self)
        }
    }

    private func sendPart(
        _ number: Int, _ name: ObjectName, _ upload: String, _ body: HTTPBody
    ) throws(VarveError) -> String {
        let operation = "write part \(number) of \(name)"
        let hash: Digest
        do throws(SystemError) { hash = try body.sha256() } catch { throw error.asVarveError(.local) }
        let response = try client.require(operation, .part(number, of: key(name), upload, body, hash: hash))
        guard let tag = response.header("etag") else { throw client.odd(operation, "the server gives no ETag") }
        return tag
    }

    private func complete(_ name: ObjectName, _ upload: String, tags: [String], size: UInt64) throws(VarveError) {
        let operation = "complete \(name)"
        let answer = try client.ask(operation, .completeUpload(key(name), upload, tags: tags)) { response, attempt in
            // 200 is said before the work is done; only the body tells how it went.
            let root = (try? XMLElement(parsing: response.body))?.name
            return root == "CompleteMultipartUploadResult" || attempt >= 5
                ? nil : "the server does not say that it is done"
        }
        switch answer {
        case .response(let response):
            if (try? XMLElement(parsing: response.body))?.name == "CompleteMultipartUploadResult" { return }
            if try self.size(of: name) == size { return }
            throw client.odd(operation, "the server does not say that it is done")
        case .failure(let failure):
            // An attempt whose answer was lost may have completed it.
            if failure.isMissingUpload, try self.size(of: name) == size { return }
            throw client.error(failure, operation)
        }
    }

    // MARK: What others left

    /// Ends the uploads in parts below our prefix that nobody has completed for a day: those of killed writers.
    ///
    /// That a server cannot tell them, or does not let us, is no reason not to write.
    package func prepareForWriting() throws(VarveError) {
        var mark: (key: String, upload: String)?
        for _ in 0..<S3Backend.uploadPageLimit {
            let request = S3Request.listUploads(prefix: prefix, after: mark)
            guard case .response(let response) = try client.ask("list unfinished uploads", request),
                let page = try? S3PendingUpload.parse(response.body)
            else { return }
            for pending in page.uploads where isAbandoned(pending) {
                _ = try client.ask(
                    "end the unfinished upload of \(pending.key)", .abortUpload(pending.key, pending.upload))
            }
            guard page.hasMore, let last = page.uploads.last else { return }
            mark = (last.key, last.upload)
        }
    }

    private static let uploadPageLimit = 20
    /// In seconds.
    private static let uploadLifetime: Int64 = 86_400

    func isAbandoned(_ pending: S3PendingUpload) -> Bool {
        guard let started = pending.started, pending.key.hasPrefix(prefix) else { return false }
        let parts = pending.key.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2 && StorageFolder(rawValue: String(parts[0])) != nil
            && Digest(hex: String(parts[1])) != nil
            && clock.now().seconds - started.seconds > S3Backend.uploadLifetime
    }
}

extension HTTPBody {
    /// `count` bytes of it from `offset` on.
    fileprivate func part(_ offset: UInt64, _ count: UInt64) -> HTTPBody {
        switch self {
        case .none: .none
        case .bytes(let bytes): .bytes(Array(bytes[Int(offset)..<Int(offset + count)]))
        case .file(let file, let start, _): .file(file, offset: start + offset, count: count)
        }
    }
}
