import Primitives
import Threads
import Transfers

/// What came of a request in the end: a response, or a refusal that no waiting helps.
enum S3Answer: Sendable {
    case response(HTTPResponse)
    case failure(S3Failure)
}

/// Asks a bucket: signs, sends, tries again, and learns what the server insists on.
final class S3Client: Sendable {
    /// For messages, without secrets.
    let place: String
    let connections: Int
    let transport: any ClosableTransport
    private let retrier: Retrier
    private let credentials: CredentialStore
    private let clock: any Clock
    private let learned: Locked<Learned>

    private struct Learned {
        var endpoint: S3Endpoint
        var region: String
        var sendsMD5 = false
    }

    init(
        place: String, endpoint: S3Endpoint, region: String, connections: Int, transport: any ClosableTransport,
        retrier: Retrier, credentials: CredentialStore, clock: any Clock
    ) {
        self.place = place
        self.connections = connections
        self.transport = transport
        self.retrier = retrier
        self.credentials = credentials
        self.clock = clock
        learned = Locked(Learned(endpoint: endpoint, region: region))
    }

    var bucket: String { learned.withLock { $0.endpoint.bucket } }
    var region: String { learned.withLock { $0.region } }

    /// Asks until there is an answer for good.
    ///
    /// - Parameters:
    ///   - operation: a verb with its object, for messages: "write data/3f2a…".
    ///   - judge: may turn a response into a reason to try again; gets the number of the attempt, from 1.
    /// - Throws: what a ``Retrier`` throws; the error of the credentials.
    func ask(
        _ operation: String, _ request: S3Request,
        _ judge: (_ response: HTTPResponse, _ attempt: Int) -> String? = { _, _ in nil }
    ) throws(VarveError) -> S3Answer {
        try retrier.run(operation) { number throws(TransferFailure) -> AttemptOutcome<S3Answer> in
            var corrections: Set<S3Failure.Remedy> = []
            while true {
                let current: CredentialStore.Current
                do throws(VarveError) { current = try credentials.current() } catch {
                    return error.isRetryable ? .retry(error.problem) : .failed(error)
                }
                let response: HTTPResponse
                do throws(TransferFailure) {
                    response = try transport.send(try signed(request, current.credentials))
                } catch  where error.cause == .tooLarge {
                    return .done(.failure(.tooLarge))
                }
                guard let failure = S3Failure(response, mayHoldError: request.answersInXML) else {
                    if let reason = judge(response, number) { return .retry(reason) }
                    return .done(.response(response))
                }
                let remedy = failure.remedy
                switch remedy {
                case .wait: return .retry(failure.shown, after: failure.retryAfter)
                case .waitBriefly where number < 3: return .retry(failure.shown, after: failure.retryAfter)
                case .region, .renewCredentials, .sendMD5:
                    // Each helps once; what is refused again is refused.
                    if corrections.insert(remedy).inserted, corrections.count < 4, apply(remedy, current) { continue }
                case .waitBriefly, .none: break
                }
                return .done(.failure(failure))
            }
        }
    }

    /// - Throws: as ``ask(_:_:_:)``, and where the server refuses.
    @discardableResult
    func require(
        _ operation: String, _ request: S3Request,
        _ judge: (_ response: HTTPResponse, _ attempt: Int) -> String? = { _, _ in nil }
    ) throws(VarveError) -> HTTPResponse {
        switch try ask(operation, request, judge) {
        case .response(let response): return response
        case .failure(let failure): throw error(failure, operation)
        }
    }

    /// The error for a refusal.
    func error(_ failure: S3Failure, _ operation: String) -> VarveError {
        failure.asVarveError(
            S3Failure.Context(
                operation: operation, place: place, bucket: bucket,
                keyID: (try? credentials.current().credentials.keyID) ?? "", now: clock.now()))
    }

    /// The error for an answer that makes no sense.
    func odd(_ operation: String, _ problem: String) -> VarveError {
        VarveError(
            .storage, "cannot \(operation) at \(place): \(problem)",
            advice: "check that the address names a server of S3")
    }

    /// Whether there is hope that it helps.
    private func apply(_ remedy: S3Failure.Remedy, _ current: CredentialStore.Current) -> Bool {
        switch remedy {
        case .region(let region):
            return learned.withLock { learned in
                if learned.region == region { return false }
                learned.region = region
                learned.endpoint.move(to: region)
                return true
            }
        case .renewCredentials:
            guard let new = try? credentials.renewed(after: current.generation) else { return false }
            return new.credentials.keyID != current.credentials.keyID
                || new.credentials.sessionToken?.bytes != current.credentials.sessionToken?.bytes
        case .sendMD5:
            return learned.withLock { learned in
                defer { learned.sendsMD5 = true }
                return !learned.sendsMD5
            }
        case .wait, .waitBriefly, .none: return false
        }
    }

    private func signed(
        _ request: S3Request, _ credentials: S3Credentials
    ) throws(TransferFailure) -> HTTPRequest {
        let learned = learned.withLock { $0 }
        let path = learned.endpoint.path(request.key)
        let query = S3Encoding.query(request.query)
        var headers = request.headers
        if learned.sendsMD5, request.body.count > 0 {
            headers.append(HTTPHeader("Content-MD5", Base64.encode(try MD5.digest(of: request.body))))
        }
        let signer = RequestSigner(credentials: credentials, region: learned.region)
        let subject = RequestSigner.Subject(
            method: request.method, path: path, query: query,
            headers: headers + [HTTPHeader("Host", learned.endpoint.host)], bodyHash: request.bodyHash)
        return HTTPRequest(
            request.method, learned.endpoint.url(path: path, query: query),
            headers: headers + signer.headers(for: subject, at: clock.now()), body: request.body,
            responseLimit: request.responseLimit, purpose: request.purpose)
    }
}
