import CCurl
import FileIO

extension TransferFailure {
    /// What a code of libcurl means. Of its texts only those about TLS are passed on; they name no part of the request.
    static func of(_ code: CURLcode, _ easy: EasyHandle, _ address: RequestAddress) -> TransferFailure {
        let place = address.text
        let systemReason = easy.systemReason
        let refusal = easy.long(CURLINFO_HTTP_CONNECTCODE)
        if refusal >= 300 {
            return .init(.unreachable, "the proxy on the way to \(place) refuses with the status \(refusal)")
        }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: return .init(.unresolvable, "the host of \(place) is unknown")
        case CURLE_COULDNT_RESOLVE_PROXY:
            return .init(.unresolvable, "the host of the proxy on the way to \(place) is unknown")
        case CURLE_COULDNT_CONNECT:
            return .init(.unreachable, "cannot connect to \(place): \(systemReason ?? "nobody answers there")")
        // The other limits of time are ours, not libcurl's.
        case CURLE_OPERATION_TIMEDOUT: return .init(.unreachable, "cannot connect to \(place): no answer in time")
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CIPHER,
            CURLE_SSL_CERTPROBLEM, CURLE_USE_SSL_FAILED:
            return .init(.untrusted, "cannot trust \(place): \(easy.reasonOrName(of: code))")
        case CURLE_SSL_CONNECT_ERROR:
            // A connection that is lost in the middle of it says nothing about the other side.
            if systemReason != nil || easy.reason.contains("SYSCALL") || easy.reason.contains("reset") {
                return .init(.brokenOff, "\(place) broke off the connection while encryption was agreed on")
            }
            return .init(.untrusted, "cannot agree on encryption with \(place): \(easy.reasonOrName(of: code))")
        case CURLE_PARTIAL_FILE: return .init(.brokenOff, "\(place) broke off the connection within its response")
        case CURLE_GOT_NOTHING: return .init(.brokenOff, "\(place) closed the connection without a response")
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_SEND_FAIL_REWIND, CURLE_HTTP2, CURLE_HTTP2_STREAM:
            return .init(.brokenOff, "the connection to \(place) broke off" + (systemReason.map { ": \($0)" } ?? ""))
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
            return .init(.malformed, "what \(place) answers is no HTTP")
        // libcurl has a limit of its own for one header line, and reports it like this.
        case CURLE_OUT_OF_MEMORY:
            return .init(.tooLarge, "\(place): a header of the response is too long")
        case CURLE_URL_MALFORMAT: return .init(.invalidRequest, "the URL for \(place) cannot be read")
        default: return .init(.other, "the transfer with \(place) failed: \(String(cString: curl_easy_strerror(code)))")
        }
    }
}

extension EasyHandle {
    /// What the system said of the connection, where it did.
    fileprivate var systemReason: String? {
        let code = long(CURLINFO_OS_ERRNO)
        return code == 0 ? nil : SystemError(errnoCode: Int32(clamping: code), operation: "", path: "").reason
    }

    fileprivate func reasonOrName(of code: CURLcode) -> String {
        reason.isEmpty ? String(cString: curl_easy_strerror(code)) : reason
    }
}
