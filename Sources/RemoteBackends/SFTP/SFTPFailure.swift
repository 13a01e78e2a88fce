import Primitives
import Transfers

/// Why a request has no answer that helps.
enum SFTPFailure: Error {
    /// The server answered that it will not or cannot.
    case refused(SFTPStatus)
    /// The connection ended before an answer came, or there was none; another may do better where the cause says so.
    case disconnected(TransferFailure)
    /// No other connection would change that.
    case failed(VarveError)

    /// An answer that does not belong to its request.
    static func unexpected(_ response: SFTPResponse) -> SFTPFailure {
        if case .outcome(let status) = response, status.code != .ok { return .refused(status) }
        return .disconnected(
            TransferFailure(.malformed, "the server gave an SFTP answer of another kind than asked for"))
    }

    /// Whether the server refused for this reason.
    func isRefusal(_ code: SFTPStatus.Code) -> Bool {
        if case .refused(let status) = self { return status.code == code }
        return false
    }
}
