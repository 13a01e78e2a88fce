import Backends
import FileIO
import Primitives
import Threads
import Transfers

extension RESTBackend {
    /// The backend at a location, with credentials from it or from the environment. Nothing is asked of the server yet.
    ///
    /// - Throws: kind `local` where a file that an option names cannot be read.
    convenience init(_ location: RESTLocation, _ options: BackendOptions) throws(VarveError) {
        var clientOptions = options.transfers
        if let socket = location.socket { clientOptions.unixSocket = BytePath(socket) }
        let credentials = try RESTBackend.credentials(location, options)
        if credentials != nil, !location.address.isSecure, location.socket == nil, !location.address.isLoopback {
            options.warn("\(location.shown) is not encrypted: the password for it goes over the network in the clear")
        }
        let retrier = Retrier(
            place: location.shown, clock: options.clock, random: options.random, cancellation: options.cancellation,
            warn: options.warn)
        var settings = Settings(
            location: location.shown, base: location.address.shown, concurrency: options.connections,
            cancellation: options.cancellation)
        settings.credentials = credentials
        self.init(settings, try HTTPClient(clientOptions, cancellation: options.cancellation), retrier)
    }

    /// Those of the URL count first, then those of the environment.
    private static func credentials(
        _ location: RESTLocation, _ options: BackendOptions
    ) throws(VarveError) -> WebCredentials? {
        let given = location.address.credentials
        guard let user = given?.user ?? options.variable("VARVE_REST_USERNAME") else {
            if options.variable("VARVE_REST_PASSWORD") == nil, options.variable("VARVE_REST_PASSWORD_FILE") == nil {
                return nil
            }
            throw VarveError(
                .usage, "there is a password for the REST server, but no user", advice: "set VARVE_REST_USERNAME")
        }
        if let given, !given.password.isEmpty { return given }
        return WebCredentials(user: user, password: try password(options) ?? "")
    }

    private static func password(_ options: BackendOptions) throws(VarveError) -> String? {
        if let password = options.variable("VARVE_REST_PASSWORD") { return password }
        guard let file = options.variable("VARVE_REST_PASSWORD_FILE") else { return nil }
        let bytes = try reportingErrors(as: .local) { () throws(SystemError) in
            try OpenFile.open(BytePath(file)).readAll(limit: 4096)
        }
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        return String(decoding: line, as: UTF8.self)
    }
}

extension WebAddress {
    /// Whether it is this machine, as far as the name tells.
    var isLoopback: Bool { host == "localhost" || host == "[::1]" || host.hasPrefix("127.") }
}
