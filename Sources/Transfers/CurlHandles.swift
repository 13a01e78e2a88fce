import CCurl
import Glibc

/// Whether libcurl has been set up for this process, which happens once, at the first use.
enum CurlLibrary {
    static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}

/// A set of transfers that one thread drives.
final class MultiHandle: @unchecked Sendable {
    // Unchecked: one thread uses it, but for `wake`, which libcurl allows on any; `close` comes when both have ended.
    let pointer: UnsafeMutableRawPointer

    init?() {
        guard CurlLibrary.isReady, let pointer = curl_multi_init() else { return nil }
        self.pointer = pointer
    }

    /// Lets ``wait(seconds:)`` return, or the next if there is none now.
    func wake() { curl_multi_wakeup(pointer) }

    /// Waits until a socket or a timer of a transfer needs attention, or somebody calls ``wake()``.
    func wait(seconds: Double) { curl_multi_poll(pointer, nil, 0, Int32(max(0, seconds * 1000).rounded(.up)), nil) }

    func perform() {
        var running: Int32 = 0
        curl_multi_perform(pointer, &running)
    }

    func set(_ option: CURLMoption, _ value: Int) { _ = varve_curl_multi_set_long(pointer, option, value) }

    /// The next transfer that has ended, and how.
    func nextEnded() -> (easy: UnsafeMutableRawPointer, code: CURLcode)? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(pointer, &left)?.pointee {
            if message.msg == CURLMSG_DONE { return (message.easy_handle, message.data.result) }
        }
        return nil
    }

    /// Closes all connections. Nothing may be called afterwards.
    func close() { curl_multi_cleanup(pointer) }
}

/// The settings of one transfer at a time, used again and again.
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>

    init?() {
        guard let pointer = curl_easy_init() else { return nil }
        self.pointer = pointer
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(pointer)
        errorText.deallocate()
    }

    /// Back to the defaults; connections are not the handle's, and stay.
    func reset() {
        curl_easy_reset(pointer)
        errorText.pointee = 0
        set(CURLOPT_ERRORBUFFER, errorText)
    }

    func set(_ option: CURLoption, _ value: Int) { _ = varve_curl_set_long(pointer, option, value) }
    func set(_ option: CURLoption, _ value: Bool) { set(option, value ? 1 : 0) }
    func set(_ option: CURLoption, _ value: String) { _ = varve_curl_set_string(pointer, option, value) }
    func set(_ option: CURLoption, offset value: UInt64) {
        _ = varve_curl_set_offset(pointer, option, curl_off_t(clamping: value))
    }
    func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer?) {
        _ = varve_curl_set_pointer(pointer, option, value)
    }

    func long(_ info: CURLINFO) -> Int {
        var value = 0
        return varve_curl_get_long(pointer, info, &value) == CURLE_OK ? value : 0
    }

    /// Ends the connection of the transfer that is through where more came over it than the response: libcurl would take that
    /// for the answer to the next request. HTTP/2 says of all that comes what it belongs to.
    func distrustLeftovers() {
        var socket: curl_socket_t = -1
        guard long(CURLINFO_HTTP_VERSION) <= Int(CURL_HTTP_VERSION_1_1),
            varve_curl_get_socket(pointer, CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK, socket >= 0
        else { return }
        var byte: UInt8 = 0
        if recv(socket, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) > 0 {
            shutdown(socket, Int32(SHUT_RDWR))
        }
    }

    /// What libcurl says of the last failure, more precisely than the code; printable, and empty where it says nothing.
    var reason: String {
        let text = String(cString: errorText)
        return String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f }))
    }
}

/// Header lines in libcurl's own form.
final class HeaderLines {
    private(set) var pointer: UnsafeMutablePointer<curl_slist>?

    /// - Returns: whether there was memory for it.
    func append(_ line: String) -> Bool {
        guard let longer = curl_slist_append(pointer, line) else { return false }
        pointer = longer
        return true
    }

    deinit { curl_slist_free_all(pointer) }
}
