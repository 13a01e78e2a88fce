import Backends
import FileIO
import Glibc
import Hashing
import Primitives
import Threads
import Transfers

/// A repository in a bucket of S3, or of what speaks as S3 does.
///
/// Keys are PREFIX`/data/`NAME and so on. Each object is put with the hash of its bytes, which is its name, in
/// `x-amz-content-sha256`, so that the server refuses what was changed on the way.
package final class S3Backend: Backend {
    package let location: String
    package var concurrency: Int { client.connections }
    package var temporaryFolder: BytePath? { nil }

    let client: S3Client
    /// What all keys begin with: empty, or with a slash at its end.
    let prefix: String
    let clock: any Clock
    private let storageClass: String?
    private let warn: @Sendable (String) -> Void

    /// Bytes above which an object is sent in parts.
    let multipartThreshold: UInt64
    /// Bytes of each part but the last; 5 MiB is the least that servers take.
    let partSize: UInt64

    /// Asks nothing yet.
    ///
    /// - Parameters:
    ///   - retryPolicy: how long to hold out where a server is in trouble.
    ///   - multipartThreshold: bytes above which an object is sent in parts.
    /// - Throws: kind `usage` where credentials are there by half, or the prefix can be no key; `local` where the network
    ///   library does not start.
    package init(
        _ location: S3Location, _ options: BackendOptions, retryPolicy: RetryPolicy = RetryPolicy(),
        multipartThreshold: UInt64 = 64 << 20, partSize: UInt64 = 16 << 20
    ) throws(VarveError) {
        guard !location.prefix.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) else {
            throw VarveError(
                .usage, "the prefix of \(location.shown) has a . or .. in it", advice: "choose another one")
        }
        let environment = AWSEnvironment(variables: options.variables, readFile: S3Backend.readFile)
        let endpoint = S3Endpoint(location, options.s3Addressing)
        let lender = CredentialLender(
            environment: environment,
            makeTransport: { () throws(VarveError) in
                try HTTPClient(options.transfers, cancellation: options.cancellation)
            },
            makeNearTransport: { () throws(VarveError) in
                var near = HTTPClientOptions()
                near.connectTimeout = 2
                near.attemptTimeout = 10
                near.usesProxies = false
                return try HTTPClient(near, cancellation: options.cancellation)
            })
        self.location = location.shown
        prefix = location.prefix.isEmpty ? "" : location.prefix + "/"
        clock = options.clock
        storageClass = options.storageClass
        warn = options.warn
        self.multipartThreshold = multipartThreshold
        self.partSize = partSize
        client = S3Client(
            place: location.shown, endpoint: endpoint,
            region: options.region ?? endpoint.regionOfHost ?? environment.region ?? "us-east-1",
            connections: options.connections,
            transport: try HTTPClient(options.transfers, cancellation: options.cancellation),
            retrier: Retrier(
                place: location.shown, policy: retryPolicy, clock: options.clock, random: options.random,
                cancellation: options.cancellation, warn: options.warn),
            credentials: CredentialStore(clock: options.clock) { () throws(VarveError) in
                try lender.credentials(from: environment.origin())
            }, clock: options.clock)
    }

    @Sendable private static func readFile(_ path: String) -> [UInt8]? {
        try? OpenFile.open(BytePath(path)).readAll(limit: 1 << 20)
    }

    package var traffic: Traffic? { Traffic(client.transport.counts) }

    package func close() { client.transport.close() }

    func key(_ name: ObjectName) -> String { "\(prefix)\(name)" }
    var configurationKey: String { prefix + "config" }

    // MARK: Layout and configuration

    package func readConfiguration() throws(VarveError) -> [UInt8]? {
        let operation = "read config"
        switch try whole(operation, configurationKey, limit: configurationSizeLimit) {
        case .response(let response): return response.body
        case .failure(let failure) where failure.isTooLarge: throw configurationTooLarge()
        case .failure(let failure) where failure.isMissingObject: return nil
        case .failure(let failure) where failure.isMissingBucket:
            warn("there is no bucket \(client.bucket) at \(location)")
            return nil
        case .failure(let failure): throw client.error(failure, operation)
        }
    }

    /// Makes the bucket where there is none.
    package func createLayout() throws(VarveError) {
        let look = "look into the bucket \(client.bucket)"
        switch try client.ask(look, .list(prefix: prefix, count: 1)) {
        case .response: return
        case .failure(let failure) where failure.isMissingBucket: break
        case .failure(let failure): throw client.error(failure, look)
        }
        let make = "make the bucket \(client.bucket)"
        switch try client.ask(make, .makeBucket(in: client.region)) {
        case .response: return
        case .failure(let failure) where failure.code.hasPrefix("BucketAlready"):
            // Another one made it meanwhile: we or a stranger.
            guard case .response = try client.ask(look, .list(prefix: prefix, count: 1)) else {
                throw client.error(failure, make)
            }
        case .failure(let failure): throw client.error(failure, make)
        }
    }

    /// `If-None-Match` makes sure that only one of two who write at once succeeds, where the server honours it. It is not
    /// relied on: what is there in the end is read and compared, which finds out all but a writer who comes later still.
    package func writeConfiguration(_ bytes: [UInt8]) throws(VarveError) {
        if try readConfiguration() != nil { throw repositoryExists(at: location) }
        let operation = "write config"
        var put = S3Request.put(configurationKey, .bytes(bytes), hash: SHA256Hasher.digest(of: bytes))
        let plain = put
        put.headers.append(HTTPHeader("If-None-Match", "*"))
        var answer = try client.ask(operation, put)
        if case .failure(let failure) = answer, failure.isUnknownFeature { answer = try client.ask(operation, plain) }
        // Where it exists now, it may be ours: put by an attempt whose answer was lost.
        if case .failure(let failure) = answer, !failure.isFailedCondition { throw client.error(failure, operation) }
        let stored = try whole("read config", configurationKey, limit: max(bytes.count, configurationSizeLimit))
        guard case .response(let response) = stored, response.body == bytes else {
            throw repositoryExists(at: location)
        }
    }

    // MARK: Writing

    package func put(_ name: ObjectName, _ bytes: [UInt8]) throws(VarveError) { try put(name, .bytes(bytes)) }

    package func put(_ name: ObjectName, from file: TemporaryFile) throws(VarveError) {
        let size = try reportingErrors(as: .local) { () throws(SystemError) in try file.file.size() }
        try put(name, .file(file.file, offset: 0, count: UInt64(size)))
        file.discard()
    }

    private func put(_ name: ObjectName, _ body: HTTPBody) throws(VarveError) {
        if body.count > multipartThreshold { return try putInParts(name, body) }
        var request = S3Request.put(key(name), body, hash: name.id)
        request.headers += classHeaders(name.folder)
        try client.require("write \(name)", request)
    }

    /// Packs alone go into another class: the rest is small, is read often, and is deleted soon.
    func classHeaders(_ folder: StorageFolder) -> [HTTPHeader] {
        guard folder == .data, let storageClass else { return [] }
        return [HTTPHeader("x-amz-storage-class", storageClass)]
    }

    // MARK: Deleting

    package func delete(_ name: ObjectName) throws(VarveError) {
        let operation = "delete \(name)"
        switch try client.ask(operation, .delete(key(name))) {
        case .response: return
        case .failure(let failure) where failure.isMissingObject: return
        case .failure(let failure) where failure.isRefusal: throw retained(name, failure)
        case .failure(let failure): throw client.error(failure, operation)
        }
    }

    private func retained(_ name: ObjectName, _ failure: S3Failure) -> VarveError {
        VarveError(
            .retained, "\(location) keeps \(name): \(failure.shown)",
            advice: "an object lock holds it for now, or the keys lack s3:DeleteObject: the next prune tries again")
    }

    package func setAside(_ name: ObjectName) throws(VarveError) {
        let operation = "set \(name) aside"
        switch try client.ask(operation, .copy(key(name), to: key(name) + ".damaged", in: client.bucket)) {
        case .response: try delete(name)
        case .failure(let failure) where failure.isMissingObject: throw missing(name)
        case .failure(let failure): throw client.error(failure, operation)
        }
    }
}
