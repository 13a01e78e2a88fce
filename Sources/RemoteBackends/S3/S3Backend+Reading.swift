import Backends
import Primitives
import Transfers

extension S3Backend {
    /// All of an object of at most `limit` bytes; else ``S3Failure/tooLarge``.
    func whole(_ operation: String, _ key: String, limit: Int) throws(VarveError) -> S3Answer {
        try client.ask(operation, .get(key, limit: limit)) { response, _ in S3Backend.shortfall(response) }
    }

    /// What is missing in a body; `nil` where nothing is.
    private static func shortfall(_ response: HTTPResponse) -> String? {
        guard let length = response.header("content-length").flatMap({ UInt64($0) }) else {
            // An empty object has a length, too. What has none may be the rest of an answer that was cut off.
            return response.body.isEmpty && response.header("transfer-encoding") == nil
                ? "the server sent nothing, and did not say that this is all" : nil
        }
        return length == UInt64(response.body.count)
            ? nil : "the server sent \(response.body.count) of \(length) bytes"
    }

    package func read(_ name: ObjectName) throws(VarveError) -> [UInt8] {
        let operation = "read \(name)"
        let limit = name.folder.objectSizeLimit
        switch try whole(operation, key(name), limit: limit) {
        case .response(let response): return response.body
        case .failure(let failure) where failure.isTooLarge:
            throw tooLarge(name, try size(of: name) ?? UInt64(limit) + 1)
        case .failure(let failure) where failure.isMissingObject: throw missing(name)
        case .failure(let failure): throw client.error(failure, operation)
        }
    }

    /// `nil` where it does not exist.
    func size(of name: ObjectName) throws(VarveError) -> UInt64? {
        let operation = "look for \(name)"
        switch try client.ask(operation, .head(key(name))) {
        case .response(let response):
            guard let size = response.header("content-length").flatMap({ UInt64($0) }) else {
                throw client.odd(operation, "the server does not say its size")
            }
            return size
        case .failure(let failure) where failure.isMissingObject: return nil
        case .failure(let failure): throw client.error(failure, operation)
        }
    }

    package func read(
        _ name: ObjectName, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(VarveError) {
        guard buffer.count > 0, offset < S3Backend.offsetLimit else {
            // No request can ask for such a part.
            guard let size = try size(of: name) else { throw missing(name) }
            guard buffer.count == 0, offset <= size else { throw truncated(name, buffer.count, at: offset) }
            return
        }
        let operation = "read \(name)"
        let request = S3Request.get(key(name), offset: offset, count: buffer.count)
        let answer = try client.ask(operation, request) { response, attempt in
            // What makes no sense may be a slip of a proxy; what makes no sense again is the server's way.
            guard case .odd(let problem) = Part(response, offset, buffer.count), attempt < 3 else { return nil }
            return problem
        }
        switch answer {
        case .response(let response):
            switch Part(response, offset, buffer.count) {
            case .whole(let start):
                response.body.withUnsafeBytes {
                    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + buffer.count]))
                }
            case .endsBefore: throw truncated(name, buffer.count, at: offset)
            case .odd(let problem): throw client.odd(operation, problem)
            }
        case .failure(let failure) where failure.status == 416 || failure.code == "InvalidRange":
            throw truncated(name, buffer.count, at: offset)
        case .failure(let failure) where failure.isMissingObject: throw missing(name)
        case .failure(let failure): throw client.error(failure, operation)
        }
    }

    /// The largest object that any storage of S3 takes, in bytes.
    private static let offsetLimit: UInt64 = 5 << 40

    /// What a response to a request for a part holds.
    enum Part: Hashable {
        /// All of it, from this place in the body on.
        case whole(start: Int)
        /// The object has no such bytes.
        case endsBefore
        case odd(String)

        init(_ response: HTTPResponse, _ offset: UInt64, _ count: Int) {
            let got = response.body.count
            let range = response.header("content-range").flatMap(ContentRange.init)
            guard response.status == 206 || range != nil else {
                // The server ignores ranges, or sends an object that is no larger than what was asked for.
                let start = Int(clamping: offset)
                self = got - count >= start ? .whole(start: start) : .endsBefore
                return
            }
            // rclone serve s3 says 200 and sends a part all the same.
            guard let range else {
                self = .odd("the server does not say which part it sent")
                return
            }
            if range.start != offset {
                self = .odd("the server sent the part from \(range.start) on instead of that from \(offset) on")
            } else if got == count {
                self = .whole(start: 0)
            } else if got < count, let size = range.size, offset + UInt64(got) == size {
                self = .endsBefore
            } else {
                self = .odd("the server sent \(got) of \(count) bytes")
            }
        }
    }

    // MARK: Listing

    package func list(_ folder: StorageFolder, _ body: (ListedObject) -> Void) throws(VarveError) {
        let operation = "list \(folder.rawValue)/"
        let start = "\(prefix)\(folder.rawValue)/"
        var progress = S3ListingProgress()
        var token: String?
        repeat {
            let page = try page(operation, .list(prefix: start, after: token))
            guard progress.accept(page) else {
                throw client.odd(operation, "the listing of the server goes in circles")
            }
            for object in page.objects
            where object.key.utf8.count == start.utf8.count + 64 && object.key.hasPrefix(start) {
                let name = String(object.key.suffix(64))
                if let id = Digest(hex: name), id.hex == name { body(ListedObject(id: id, size: object.size)) }
            }
            token = page.nextToken
        } while token != nil
    }

    private func page(_ operation: String, _ request: S3Request) throws(VarveError) -> S3ListingPage {
        let response = try client.require(operation, request) { response, attempt in
            guard attempt < 3 else { return nil }
            do throws(MalformedXML) {
                _ = try S3ListingPage(parsing: response.body)
                return nil
            } catch {
                return "the answer is no listing: \(error.problem)"
            }
        }
        do throws(MalformedXML) { return try S3ListingPage(parsing: response.body) } catch {
            throw client.odd(operation, "the answer is no listing: \(error.problem)")
        }
    }
}
