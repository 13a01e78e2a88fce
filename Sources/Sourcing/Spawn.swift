import CLinux
import FileIO
import Glibc

/// A pipe that no other process inherits, above the standard descriptors, which may be closed.
func makePipe(_ name: String) throws(SystemError) -> (reading: OpenFile, writing: OpenFile) {
    var ends: [Int32] = [-1, -1]
    guard varve_pipe(&ends) == 0 else {
        throw SystemError(errnoCode: errno, operation: "make a pipe for", path: name)
    }
    let first = OpenFile(adopting: ends[0], path: BytePath(name))
    let second = OpenFile(adopting: ends[1], path: BytePath(name))
    return (try aboveStandard(first), try aboveStandard(second))
}

private func aboveStandard(_ file: OpenFile) throws(SystemError) -> OpenFile {
    if file.descriptor > STDERR_FILENO { return file }
    let copy = fcntl(file.descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
    if copy < 0 { throw SystemError(errnoCode: errno, operation: "copy", path: file.path.display) }
    return OpenFile(adopting: copy, path: file.path)
}

/// A pair of connected sockets that no other process inherits, above the standard descriptors.
func makeSocketPair(_ name: String) throws(SystemError) -> (OpenFile, OpenFile) {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
        throw SystemError(errnoCode: errno, operation: "make sockets for", path: name)
    }
    let first = OpenFile(adopting: ends[0], path: BytePath(name))
    let second = OpenFile(adopting: ends[1], path: BytePath(name))
    return (try aboveStandard(first), try aboveStandard(second))
}

/// Starts a program in a session of its own, with default signals and no other descriptors.
///
/// - Parameter input: its standard input; `nil` for an empty one.
func spawn(
    _ program: BytePath, _ arguments: [[UInt8]], _ environment: [[UInt8]], input: OpenFile? = nil, output: OpenFile,
    errors: OpenFile
) throws(SystemError) -> pid_t {
    defer { withExtendedLifetime(input) {} }
    return try output.withDescriptor { output throws(SystemError) in
        try errors.withDescriptor { errors throws(SystemError) in
            try spawn(program, arguments, environment, input?.descriptor, output, errors)
        }
    }
}

private func spawn(
    _ program: BytePath, _ arguments: [[UInt8]], _ environment: [[UInt8]], _ input: Int32?, _ output: Int32,
    _ errors: Int32
) throws(SystemError) -> pid_t {
    // A parent that ignores SIGCHLD hands that on to us; then the kernel would throw the exit status away.
    varve_keep_exit_statuses()

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input {
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    } else {
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    }
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
    _ = varve_spawn_close_from(&actions, STDERR_FILENO + 1)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
        &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | varve_POSIX_SPAWN_SETSID)

    var process: pid_t = 0
    let code = try withCStrings(arguments) { arguments throws(SystemError) in
        try withCStrings(environment) { environment throws(SystemError) in
            try program.withCString { program throws(SystemError) in
                posix_spawn(&process, program, &actions, &attributes, arguments, environment)
            }
        }
    }
    if code != 0 { throw SystemError(errnoCode: code, operation: "run", path: program.display) }
    return process
}

/// Gives `body` an array of C strings that ends with a null pointer.
private func withCStrings<R>(
    _ strings: [[UInt8]], _ body: ([UnsafeMutablePointer<CChar>?]) throws(SystemError) -> R
) throws(SystemError) -> R {
    if strings.contains(where: { $0.contains(0) }) {
        throw SystemError(errnoCode: EINVAL, operation: "run", path: "a command or environment with a NUL in it")
    }
    let pointers: [UnsafeMutablePointer<CChar>?] = strings.map { bytes in
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
        for (index, byte) in bytes.enumerated() { copy[index] = CChar(bitPattern: byte) }
        copy[bytes.count] = 0
        return copy
    }
    defer { for pointer in pointers { pointer?.deallocate() } }
    return try body(pointers + [nil])
}
