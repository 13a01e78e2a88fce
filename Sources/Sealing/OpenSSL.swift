import COpenSSL

/// The library that does the cryptography.
package enum OpenSSL {
    /// Name and version of the library in use: "OpenSSL 3.0.19 27 Jan 2026".
    package static var libraryVersion: String {
        OpenSSL_version(OPENSSL_VERSION).map { String(cString: $0) } ?? "OpenSSL"
    }

    /// The text of the last error of this thread, and none left behind for the next to find.
    static func takeErrorText() -> String {
        let code = ERR_peek_last_error()
        ERR_clear_error()
        guard code != 0 else { return "no reason given" }
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(code, &text, text.count)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
