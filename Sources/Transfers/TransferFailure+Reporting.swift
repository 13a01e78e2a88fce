import Primitives

extension TransferFailure {
    /// The same as the error that leaves a module.
    ///
    /// - Parameters:
    ///   - operation: a verb with its object: "write data/3f2a…".
    ///   - place: for messages, without secrets.
    package func asVarveError(_ operation: String, at place: String) -> VarveError {
        VarveError(
            cause == .cancelled ? .cancelled : .storage, "cannot \(operation) at \(place): \(problem)", advice: advice,
            isRetryable: isRetryable)
    }

    private var advice: String {
        switch cause {
        case .unresolvable: "check the host in the repository's location, and this machine's DNS and network"
        case .unreachable: "check host and port in the repository's location, and whether the server runs"
        case .untrusted:
            "if the server has a certificate of its own, name the authority's certificate with --ca-cert FILE"
        case .tooLarge, .malformed:
            "check that the location names the storage and not something else that answers there"
        case .timedOut, .brokenOff: "check the network between here and there, and run it again"
        case .invalidRequest: "check the repository's location"
        case .unreadableBody, .cancelled, .other: ""
        }
    }
}
