import Backends
import Primitives
import Transfers

extension RESTBackend {
    /// What an answer means that is no success, whatever was asked.
    func common<Value>(_ response: HTTPResponse, _ operation: String) -> AttemptOutcome<Value> {
        switch response.status {
        case 401:
            return .failed(
                VarveError(
                    .storage, "cannot \(operation) at \(location): the server refuses the user or the password",
                    advice: "give them by VARVE_REST_USERNAME and VARVE_REST_PASSWORD_FILE, or in the URL"))
        case 403: return .failed(forbidden(operation))
        case 413, 507:
            return .failed(
                VarveError(
                    .storage, "cannot \(operation) at \(location): the server has no room, or a quota is reached",
                    advice: "free some space there, run `varve prune`, or raise the quota"))
        case 300..<400:
            return .failed(
                VarveError(
                    .storage, "cannot \(operation) at \(location): the server says that it is elsewhere",
                    advice: "give the address that it sends browsers to, often https:// in place of http://"))
        case 404:
            return .failed(
                VarveError(
                    .storage, "cannot \(operation) at \(location): the server knows no such place",
                    advice: "check the path after the host"))
        case _ where response.isTransient:
            return .retry("the server answers \(response.status)", after: response.retryAfter)
        default: return .failed(odd(operation, "the server answers \(response.status)"))
        }
    }

    func forbidden(_ operation: String) -> VarveError {
        VarveError(
            .storage, "cannot \(operation) at \(location): the server forbids it",
            advice: "check what this user may do there; with --private-repos the path begins with the user's name")
    }

    func refusedContent(_ operation: String) -> VarveError {
        VarveError(
            .storage, "cannot \(operation) at \(location): the server refuses what it got",
            advice: "its disk may be full, or the bytes are changed on the way: look into its log")
    }

    func retained(_ name: ObjectName) -> VarveError {
        VarveError(
            .retained, "\(location) keeps \(name): the server lets nobody delete over this address",
            advice: "a server with --append-only is pruned over another one, without that, on its own machine")
    }

    /// The error for an answer that makes no sense.
    func odd(_ operation: String, _ problem: String) -> VarveError {
        VarveError(
            .storage, "cannot \(operation) at \(location): \(problem)",
            advice: "check that the address names a server that speaks restic's REST protocol")
    }
}
