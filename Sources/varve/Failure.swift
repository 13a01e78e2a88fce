import CommandLineSupport
import VarveKit

/// Why a command failed: one line for people, and an exit code for scripts.
struct Failure {
    let message: String
    let advice: String
    let code: Int32
    let kind: String
    let isRetryable: Bool

    init(message: String, advice: String, code: Int32) {
        self.message = message
        self.advice = advice
        self.code = code
        kind = "local"
        isRetryable = false
    }

    init(_ error: UsageError) {
        message = error.problem
        advice = error.advice
        code = 2
        kind = "usage"
        isRetryable = false
    }

    init(_ error: VarveError) {
        message = error.problem
        advice = error.advice
        kind = error.kind.rawValue
        isRetryable = error.isRetryable
        code =
            switch error.kind {
            case .usage: 2
            case .repositoryMissing: 10
            case .busy: 11
            case .wrongPassword: 12
            case .damaged: 13
            case .cancelled: 130
            case .source, .local, .storage, .retained, .repositoryExists, .unsupported, .notFound: 1
            }
    }

    /// Writes it to standard error; gives the exit code.
    func report(asJSON: Bool) -> Int32 {
        if asJSON {
            let value: JSONValue = [
                "message_type": "error", "kind": .string(kind), "message": .string(message), "advice": .string(advice),
                "retryable": .bool(isRetryable), "exit_code": .number(code),
            ]
            try? StandardOutput.error.writeLine(value)
        } else {
            try? StandardOutput.error.writeLine("varve: " + message + (advice.isEmpty ? "" : "; " + advice))
        }
        return code
    }
}
