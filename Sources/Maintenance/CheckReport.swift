import Primitives

/// Something that a check found wrong.
package struct CheckProblem: Hashable, Sendable {
    package enum Severity: String, Sendable {
        /// Data is damaged or missing.
        case damage
        /// Nothing is lost: something is left over or will be put right by itself.
        case note
    }

    package let severity: Severity
    /// "data/3f2a…", or "snapshot 1c0ffee0: /etc/passwd".
    package let object: String
    package let problem: String

    package init(_ severity: Severity, _ object: String, _ problem: String) {
        self.severity = severity
        self.object = object
        self.problem = problem
    }
}

/// What a check looked at and found.
package struct CheckReport: Sendable, Equatable {
    package var snapshots = 0
    package var indexObjects = 0
    package var packs = 0
    package var packBytes: UInt64 = 0
    package var treeNodes = 0
    package var listNodes = 0
    /// Chunks that were looked up.
    package var chunkReferences: UInt64 = 0
    /// Bytes of packs that were read, with all data.
    package var readBytes: UInt64 = 0
    package var problems: [CheckProblem] = []
    /// Problems beyond the ones listed.
    package var furtherProblems = 0

    package init() {}

    package var isDamaged: Bool { furtherProblems > 0 || problems.contains { $0.severity == .damage } }

    private static let problemLimit = 1000

    package mutating func add(_ problem: CheckProblem) {
        if problems.count < CheckReport.problemLimit {
            problems.append(problem)
        } else if problem.severity == .damage {
            furtherProblems += 1
        }
    }

    package mutating func add(_ error: VarveError) {
        let parts = error.problem.split(separator: ": ", maxSplits: 1)
        if parts.count == 2 {
            add(CheckProblem(.damage, String(parts[0]), String(parts[1])))
        } else {
            add(CheckProblem(.damage, "repository", error.problem))
        }
    }
}
