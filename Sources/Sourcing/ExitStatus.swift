import CLinux
import Glibc

/// How a process ended.
package enum ExitStatus: Hashable, Sendable {
    case exited(code: Int32)
    case signalled(Int32)
    /// Another part of this process waited for it first.
    case unknown

    package var isSuccess: Bool { self == .exited(code: 0) }

    /// As the end of a sentence: "exited with status 3", "was killed by signal 9 (SIGKILL)".
    package var explanation: String {
        switch self {
        case .exited(let code):
            // A shell reports the death of what it ran by a status above 128.
            if code > 128, let name = ExitStatus.name(ofSignal: code - 128) {
                "exited with status \(code), which a shell gives for signal \(code - 128) (\(name))"
            } else {
                "exited with status \(code)"
            }
        case .signalled(let number):
            if let name = ExitStatus.name(ofSignal: number) {
                "was killed by signal \(number) (\(name))"
            } else {
                "was killed by signal \(number)"
            }
        case .unknown: "ended with a status that is not known"
        }
    }

    private static func name(ofSignal number: Int32) -> String? {
        varve_signal_abbreviation(number).map { "SIG" + String(cString: $0) }
    }
}
