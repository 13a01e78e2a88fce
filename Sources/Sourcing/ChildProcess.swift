import CLinux
import Glibc

/// A process that was spawned as the leader of a session. It stays a zombie until ``reap()``, so that its number cannot
/// meanwhile become a stranger's.
struct ChildProcess: Sendable {
    private let id: pid_t

    init(_ id: pid_t) { self.id = id }

    var hasExited: Bool { peek(waiting: false) != nil }

    /// Waits for the end; any thread may, at any time before ``reap()``.
    func waitForEnd() -> ExitStatus { peek(waiting: true) ?? .unknown }

    /// Sends a signal to the process and all of its group.
    func signalGroup(_ signal: Int32) { kill(-id, signal) }

    /// Waits for the end and forgets the process. Called once and last.
    func reap() {
        while waitpid(id, nil, 0) < 0, errno == EINTR {}
    }

    /// How the process ended, without reaping it; `nil` where it runs.
    private func peek(waiting: Bool) -> ExitStatus? {
        var information = siginfo_t()
        let options = WEXITED | WNOWAIT | (waiting ? 0 : WNOHANG)
        while waitid(P_PID, id_t(id), &information, options) != 0 {
            if errno != EINTR { return .unknown }
        }
        let child = information._sifields._sigchld
        if child.si_pid == 0 { return nil }
        return information.si_code == CLD_EXITED ? .exited(code: child.si_status) : .signalled(child.si_status)
    }
}
