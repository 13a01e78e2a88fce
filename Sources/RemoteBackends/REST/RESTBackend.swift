import Backends
import FileIO
import Hashing
import Primitives
import Threads
import Transfers

/// A repository of a server that speaks restic's REST protocol: rest-server, or `rclone serve restic`.
///
/// Objects are put by `POST /TYPE/NAME`. rest-server checks the SHA-256 of what it gets, makes it durable, and refuses what
/// is there already; rclone replaces it, so there it is asked for first.
package final class RESTBackend: Backend {
    package let location: String
    package let concurrency: Int
    package let visibilityDelay: Double
    package var temporaryFolder: BytePath? { nil }

    /// Ends with a slash.
    private let base: String
    private let authorization: [HTTPHeader]
    let transport: any ClosableTransport
    private let retrier: Retrier
    private let explain: @Sendable (VarveError) -> VarveError
    private let cancellation: Cancellation
    /// Whether the server is rclone; `nil` before its first answer.
    private let isRclone = Locked<Bool?>(nil)

    static let accept = HTTPHeader("Accept", "application/vnd.x.restic.rest.v2")

    /// What a backend over REST needs beside its transport.
    struct Settings: Sendable {
        /// For messages; without secrets.
        var location: String
        /// The URL of the repository, without secrets, with a slash at its end.
        var base: String
        var credentials: WebCredentials?
        var concurrency: Int
        var visibilityDelay = 0.0
        /// Says more about an error of the server.
        var explain: @Sendable (VarveError) -> VarveError = { $0 }
        var cancellation: Cancellation
    }

    init(_ settings: Settings, _ transport: any ClosableTransport, _ retrier: Retrier) {
        location = settings.location
        base = settings.base
        authorization = settings.credentials.map { [HTTPHeader("Authorization", $0.basicAuthorization)] } ?? []
        concurrency = settings.concurrency
        visibilityDelay = settings.visibilityDelay
        explain = settings.explain
        cancellation = settings.cancellation
        self.transport = transport
        self.retrier = retrier
    }

    package var traffic: Traffic? { Traffic(transport.counts) }

    package func close() { transport.close() }

    // MARK: Requests

    func request(
        _ method: HTTPMethod, _ path: String, headers: [HTTPHeader] = [], body: HTTPBody = .none,
        responseLimit: Int = 1 << 16, purpose: RequestPurpose? = nil
    ) -> HTTPRequest {
        HTTPRequest(
            method, base + path, headers: [RESTBackend.accept] + authorization + headers, body: body,
            responseLimit: responseLimit, purpose: purpose)
    }

    /// Sends a request until it is answered for good.
    ///
    /// - Parameters:
    ///   - tooLarge: what an answer comes to that is larger than the request allows; `nil` for an error.
    ///   - judge: what an answer means; `nil` for what it means everywhere.
    func perform<Value>(
        _ operation: String, _ request: HTTPRequest, tooLarge: AttemptOutcome<Value>? = nil,
        _ judge: (_ response: HTTPResponse, _ attempt: Int) -> AttemptOutcome<Value>?
    ) throws(VarveError) -> Value {
        do throws(VarveError) {
            return try retrier.run(operation) { attempt throws(TransferFailure) in
                let response: HTTPResponse
                do throws(TransferFailure) {
                    response = try transport.send(request)
                } catch {
                    if let tooLarge, error.cause == .tooLarge { return tooLarge }
                    if let end = transport.end { return .failed(end) }
                    throw error
                }
                isRclone.withLock { $0 = response.header("server")?.hasPrefix("rclone/") ?? false }
                if request.method == .get, response.mayBeCutOff {
                    return .retry("the server sent nothing, and did not say that this is all")
                }
                return judge(response, attempt) ?? common(response, operation)
            }
        } catch {
            throw error.kind == .storage ? explain(error) : error
        }
    }

    /// The size of an object or of `config`; `nil` where there is none.
    func size(of path: String) throws(VarveError) -> UInt64? {
        try perform("look for \(path)", request(.head, path)) { response, _ in
            switch response.status {
            case 200:
                guard let text = response.header("content-length"), let size = UInt64(text) else {
                    return .failed(self.odd("look for \(path)", "the server does not say its size"))
                }
                return .done(size)
            case 404: return .done(nil)
            default: return nil
            }
        }
    }

    /// Whether a put would replace an object that is there, a part of it at a time on some storages.
    func replacesObjects() throws(VarveError) -> Bool {
        if let known = isRclone.withLock({ $0 }) { return known }
        _ = try size(of: "config")
        return isRclone.withLock { $0 } ?? false
    }

    // MARK: Layout and configuration

    package func readConfiguration() throws(VarveError) -> [UInt8]? {
        switch try content(of: "config", limit: configurationSizeLimit) {
        case .bytes(let bytes): return bytes
        case .nothing: return nil
        case .tooMuch: throw configurationTooLarge()
        }
    }

    package func createLayout() throws(VarveError) {
        try perform("make the repository", request(.post, "?create=true")) { response, _ in
            (200..<300).contains(response.status) ? .done(()) : nil
        }
    }

    /// Where two write at the same time, rest-server takes the first one; with rclone the second one replaces it.
    package func writeConfiguration(_ bytes: [UInt8]) throws(VarveError) {
        if try size(of: "config") != nil { throw repositoryExists(at: location) }
        let post = request(.post, "config", headers: [RESTBackend.octets], body: .bytes(bytes))
        try perform("write config", post) { response, _ -> AttemptOutcome<Void>? in
            // Refused: another has written one since, or we ourselves in an attempt whose answer was lost.
            (200..<300).contains(response.status) || [403, 409, 412].contains(response.status) ? .done(()) : nil
        }
        switch try content(of: "config", limit: max(bytes.count, configurationSizeLimit)) {
        case .bytes(bytes): return
        case .bytes, .tooMuch: throw repositoryExists(at: location)
        case .nothing: throw forbidden("write config")
        }
    }

    package func prepareForWriting() {}

    // MARK: Reading

    /// What there is at a path.
    enum Content {
        case bytes([UInt8])
        case nothing
        /// More than is allowed.
        case tooMuch
    }

    func content(of path: String, limit: Int) throws(VarveError) -> Content {
        try perform("read \(path)", request(.get, path, responseLimit: limit), tooLarge: .done(.tooMuch)) {
            response, _ in
            switch response.status {
            case 200: .done(.bytes(response.body))
            case 404: .done(.nothing)
            default: nil
            }
        }
    }

    package func read(_ name: ObjectName) throws(VarveError) -> [UInt8] {
        var bytes = try wholeObject(name)
        // What is being put through rclone may show before it is whole.
        for _ in 0..<3 where isRclone.withLock({ $0 }) == true && SHA256Hasher.digest(of: bytes) != name.id {
            cancellation.wait(atMost: 0.5)
            try cancellation.check()
            bytes = try wholeObject(name)
        }
        return bytes
    }

    func wholeObject(_ name: ObjectName) throws(VarveError) -> [UInt8] {
        let limit = name.folder.objectSizeLimit
        switch try content(of: "\(name)", limit: limit) {
        case .bytes(let bytes): return bytes
        case .nothing: throw missing(name)
        case .tooMuch: throw tooLarge(name, try size(of: "\(name)") ?? UInt64(limit) + 1)
        }
    }

    package func read(
        _ name: ObjectName, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(VarveError) {
        guard buffer.count > 0, offset <= UInt64(Int64.max) - UInt64(buffer.count) else {
            // No request can ask for such a part.
            guard let size = try size(of: "\(name)") else { throw missing(name) }
            guard buffer.count == 0, offset <= size else { throw truncated(name, buffer.count, at: offset) }
            return
        }
        let bytes = try part(name, offset, buffer.count)
        bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<buffer.count])) }
    }

    // MARK: Listing and deleting

    package func list(_ folder: StorageFolder, _ body: (ListedObject) -> Void) throws(VarveError) {
        let operation = "list \(folder.rawValue)/"
        let get = request(.get, folder.rawValue + "/", responseLimit: RESTBackend.listingLimit, purpose: .list)
        let listing: [UInt8]? = try perform(operation, get) { response, _ in
            switch response.status {
            case 200: .done(response.body)
            case 404: .done(nil)
            default: nil
            }
        }
        guard let listing else {
            // A server may have lost an empty folder; but a repository that is gone is not an empty one.
            if try size(of: "config") != nil { return }
            throw odd(operation, "there is no repository")
        }
        let entries: [RESTListing.Entry]
        do throws(RESTListing.Malformed) { entries = try RESTListing.parse(listing) } catch {
            throw odd(operation, "the server answers with something that is no listing: \(error.problem)")
        }
        for entry in entries {
            // Version 1 of the protocol does not tell sizes.
            let known: UInt64?
            if let size = entry.size { known = size } else { known = try size(of: "\(ObjectName(folder, entry.id))") }
            if let known { body(ListedObject(id: entry.id, size: known)) }
        }
    }

    /// In bytes: about three million objects.
    private static let listingLimit = 1 << 28

    package func delete(_ name: ObjectName) throws(VarveError) {
        try perform("delete \(name)", request(.delete, "\(name)")) { response, _ in
            switch response.status {
            case 200..<300, 404, 410: .done(())
            case 403, 405, 423: name.folder == .locks ? nil : .failed(self.retained(name))
            default: nil
            }
        }
    }
}

extension HTTPResponse {
    /// Whether it may be the rest of an answer that ended within its headers: what is empty has a length, too.
    fileprivate var mayBeCutOff: Bool {
        [200, 206].contains(status) && body.isEmpty && header("content-length") == nil
            && header("transfer-encoding") == nil
    }
}
