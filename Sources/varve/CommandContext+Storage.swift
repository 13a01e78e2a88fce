import CommandLineSupport
import VarveKit

/// How commands reach repositories, near and far.
extension CommandContext {
    /// The backend that `--repo` or the environment names.
    func backend() throws -> any Backend { try backend(at: try repositoryName()) }

    /// The backend at a place, as people write it; it is closed when the command ends.
    func backend(at name: String) throws -> any Backend {
        let backend = try BackendLocation.backend(name, options: try backendOptions())
        keep(backend)
        return backend
    }

    /// What `--repo` or the environment names.
    func repositoryName() throws -> String {
        if let name = try arguments.value("repo") { return name }
        if let name = variable("VARVE_REPOSITORY"), !name.isEmpty { return name }
        if let file = variable("VARVE_REPOSITORY_FILE"), !file.isEmpty {
            let bytes = try reportingErrors(as: .local) { () throws(SystemError) in
                try OpenFile.open(BytePath(file)).readAll(limit: 4096)
            }
            let text = String(decoding: bytes, as: UTF8.self)
            return String(text.prefix { $0 != "\n" && $0 != "\r\n" })
        }
        throw UsageError("no repository is named", advice: "give --repo or set VARVE_REPOSITORY")
    }

    // MARK: Options

    private func backendOptions() throws -> BackendOptions {
        var options = BackendOptions(
            processEnvironment: variables, cancellation: cancellation, warn: { [self] in warn($0) })
        if let connections = try connections() { options.connections = connections }
        options.uploadLimit = try rate("limit-upload", "VARVE_LIMIT_UPLOAD")
        options.downloadLimit = try rate("limit-download", "VARVE_LIMIT_DOWNLOAD")
        if let path = arguments.valueBytes("ca-cert") ?? given("VARVE_CA_CERT").map({ Array($0.utf8) }) {
            options.caCertificate = try BytePath(path).absolute()
        }
        options.acceptsAnyCertificate = try acceptsAnyCertificate()
        options.region = try word("s3-region", "VARVE_S3_REGION", like: "eu-central-1") {
            $0.isLetterOrDigit || $0 == UInt8(ascii: "-")
        }
        options.storageClass = try word("s3-storage-class", "VARVE_S3_STORAGE_CLASS", like: "STANDARD_IA") {
            $0.isLetterOrDigit || $0 == UInt8(ascii: "_")
        }
        options.s3Addressing = try s3Addressing()
        return options
    }

    /// A variable that is set and not empty.
    private func given(_ name: String) -> String? { variable(name).flatMap { $0.isEmpty ? nil : $0 } }

    private func connections() throws -> Int? {
        let bounds = 1...256
        if let number = try arguments.integer("connections", in: bounds) { return number }
        guard let text = given("VARVE_CONNECTIONS") else { return nil }
        guard let number = Int(text), bounds.contains(number) else {
            throw UsageError("VARVE_CONNECTIONS: \"\(text)\" is not a whole number from 1 to 256", advice: "correct it")
        }
        return number
    }

    /// Bytes a second.
    private func rate(_ name: String, _ variable: String) throws -> UInt64? {
        let bounds: ClosedRange<UInt64> = 1024...UInt64.max
        if let rate = try arguments.bytes(name, in: bounds) { return rate }
        guard let text = given(variable) else { return nil }
        guard let rate = ByteCount.parse(text), bounds.contains(rate) else {
            throw UsageError(
                "\(variable): \"\(text)\" is no rate such as 512K or 2M, of 1K or more", advice: "correct it")
        }
        return rate
    }

    /// A word that goes into a header; `nil` where none is given.
    private func word(
        _ name: String, _ variable: String, like example: String, _ isAllowed: (UInt8) -> Bool
    ) throws -> String? {
        guard let text = try arguments.value(name) ?? given(variable) else { return nil }
        guard !text.isEmpty, text.utf8.allSatisfy(isAllowed) else {
            throw UsageError("--\(name) (\(variable)): \"\(text)\" is no name such as \(example)", advice: "correct it")
        }
        return text
    }

    private func s3Addressing() throws -> S3Addressing {
        switch try arguments.value("s3-addressing") ?? given("VARVE_S3_ADDRESSING") {
        case nil, "auto": return .automatic
        case "path": return .path
        case "virtual-host": return .virtualHost
        case let text?:
            throw UsageError(
                "--s3-addressing (VARVE_S3_ADDRESSING): \"\(text)\" is neither auto, path nor virtual-host",
                advice: "correct it")
        }
    }

    /// How much of a remote repository's packs may be kept here.
    func packCacheLimit() throws -> PackCacheLimit {
        switch try arguments.value("pack-cache") ?? given("VARVE_PACK_CACHE") {
        case nil, "auto": return .automatic
        case "off": return .off
        case let text?:
            guard let bytes = ByteCount.parse(text) else {
                throw UsageError(
                    "--pack-cache (VARVE_PACK_CACHE): \"\(text)\" is neither auto, off nor a size such as 20G",
                    advice: "correct it")
            }
            return bytes == 0 ? .off : .bytes(bytes)
        }
    }

    private func acceptsAnyCertificate() throws -> Bool {
        if arguments.flag("insecure-tls") { return true }
        switch given("VARVE_INSECURE_TLS") {
        case nil, "0": return false
        case "1": return true
        default: throw UsageError("VARVE_INSECURE_TLS is neither 0 nor 1", advice: "correct it")
        }
    }

    // MARK: Traffic

    /// "12 requests, 3 MiB sent, 40 KiB received"; `nil` where nothing went over a network.
    static func line(_ traffic: Traffic?) -> String? {
        traffic.map { traffic in
            "\(counted(UInt64(traffic.totalRequests), "request")), \(ByteCount.format(traffic.sentBytes)) sent, "
                + "\(ByteCount.format(traffic.receivedBytes)) received"
        }
    }

    /// The `traffic` of summaries.
    static func json(_ traffic: Traffic?) -> JSONValue {
        guard let traffic else { return .null }
        let kinds = Traffic.Operation.allCases.map { operation in
            JSONValue.Member(operation.rawValue, .number(traffic.requests[operation] ?? 0))
        }
        return [
            "requests": .number(traffic.totalRequests), "requests_by_kind": .object(kinds),
            "bytes_sent": .number(traffic.sentBytes), "bytes_received": .number(traffic.receivedBytes),
        ]
    }
}
