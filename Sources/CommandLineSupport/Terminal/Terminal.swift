import Glibc

/// What is known of the terminal behind a descriptor.
package enum Terminal {
    /// Its width in columns; 80 where the descriptor is none or does not tell.
    package static func columns(of descriptor: Int32) -> Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Whether the descriptor is a terminal that can rewrite a line.
    package static func canRewriteLines(_ descriptor: Int32) -> Bool {
        guard isatty(descriptor) == 1 else { return false }
        guard let kind = getenv("TERM") else { return false }
        return String(cString: kind) != "dumb"
    }
}
