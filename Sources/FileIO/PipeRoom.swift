import CLinux

/// The room of a pipe between this process and another.
package enum PipeRoom {
    /// What an unprivileged process may ask for where nobody changed `fs.pipe-max-size`; the usual room is a 16th of it.
    private static let bytes: Int32 = 1 << 20

    /// Gives the pipe behind `descriptor` more room, so that either side works on for longer before it waits for the
    /// other. Does nothing where there is no pipe or the system allows no more.
    package static func enlarge(_ descriptor: Int32) { varve_enlarge_pipe(descriptor, bytes) }
}
