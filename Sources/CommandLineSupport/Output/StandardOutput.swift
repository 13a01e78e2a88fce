import Glibc

/// Standard output or standard error could not be written.
package struct OutputError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The number of the system's error.
    package let code: Int32
    /// What was written to: "standard output".
    package let target: String

    /// Whether nobody reads any more, as behind `varve ls | head`: a reason to stop, hardly one to complain.
    package var isClosedPipe: Bool { code == EPIPE }

    package var description: String { "cannot write to \(target): \(String(cString: strerror(code)))" }
}

/// A file descriptor for lines of text and for bytes, buffered, from any thread. Lines never mix.
///
/// Standard error and a terminal get each line at once; else call `flush` at the end. After an error every call
/// throws it again, so that output that ended early cannot look whole.
package final class StandardOutput: Sendable {
    private struct State {
        var buffer: [UInt8] = []
        var failure: OutputError?
    }

    /// Standard output.
    package static let output = StandardOutput(descriptor: 1)
    /// Standard error.
    package static let error = StandardOutput(descriptor: 2)

    package let descriptor: Int32
    package let isTerminal: Bool
    private let writesEachLine: Bool
    private let state = Monitor(State())
    private let capacity = 64 << 10

    /// Writes to the descriptor, which stays the caller's.
    package init(descriptor: Int32) {
        self.descriptor = descriptor
        isTerminal = isatty(descriptor) == 1
        writesEachLine = isTerminal || descriptor == 2
    }

    /// Writes the text and a newline.
    package func writeLine(_ text: String) throws(OutputError) { try write(text + "\n") }

    /// Writes the value as a line.
    package func writeLine(_ value: JSONValue) throws(OutputError) {
        try append { buffer in
            value.write(to: &buffer)
            buffer.append(UInt8(ascii: "\n"))
        }
    }

    /// Writes the text as it is.
    package func write(_ text: String) throws(OutputError) { try append { $0.append(contentsOf: text.utf8) } }

    /// Writes the bytes as they are; many at once are not copied.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(OutputError) {
        if bytes.count < capacity / 2 { return try append { $0.append(contentsOf: bytes) } }
        try state.withLock { state throws(OutputError) in
            try drain(&state)
            try put(bytes, &state)
        }
    }

    /// Hands what is buffered to the system.
    package func flush() throws(OutputError) { try state.withLock { state throws(OutputError) in try drain(&state) } }

    private func append(_ content: (inout [UInt8]) -> Void) throws(OutputError) {
        try state.withLock { state throws(OutputError) in
            if let failure = state.failure { throw failure }
            content(&state.buffer)
            if writesEachLine || state.buffer.count >= capacity { try drain(&state) }
        }
    }

    private func drain(_ state: inout State) throws(OutputError) {
        let bytes = state.buffer
        state.buffer.removeAll(keepingCapacity: true)
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(OutputError) in try put(bytes, &state) }
        }
        try result.get()
    }

    private func put(_ bytes: UnsafeRawBufferPointer, _ state: inout State) throws(OutputError) {
        if let failure = state.failure { throw failure }
        guard let code = DescriptorWriter.write(bytes, to: descriptor) else { return }
        let names: [Int32: String] = [1: "standard output", 2: "standard error"]
        let failure = OutputError(code: code, target: names[descriptor] ?? "descriptor \(descriptor)")
        state.failure = failure
        throw failure
    }
}

/// write(2) until all is written.
private enum DescriptorWriter {
    /// Returns the number of the error that kept it from writing all; `EPIPE` comes without the signal.
    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32? {
        withoutPipeSignal {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count >= 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EAGAIN {
                    // Somebody else made the pipe non-blocking; it is theirs too.
                    var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = Glibc.poll(&poll, 1, -1)
                } else if errno != EINTR {
                    return errno
                }
            }
            return nil
        }
    }

    /// Holds `SIGPIPE` back in this thread and takes away the one that `body` caused. To ignore the signal in the whole
    /// process would pass on to child processes.
    private static func withoutPipeSignal(_ body: () -> Int32?) -> Int32? {
        var pipeSignal = sigset_t()
        var before = sigset_t()
        var pending = sigset_t()
        sigemptyset(&pipeSignal)
        sigaddset(&pipeSignal, SIGPIPE)
        sigpending(&pending)
        pthread_sigmask(SIG_BLOCK, &pipeSignal, &before)
        let code = body()
        if code == EPIPE, sigismember(&pending, SIGPIPE) == 0 {
            var none = timespec()
            while sigtimedwait(&pipeSignal, nil, &none) == -1, errno == EINTR {}
        }
        pthread_sigmask(SIG_SETMASK, &before, nil)
        return code
    }
}
