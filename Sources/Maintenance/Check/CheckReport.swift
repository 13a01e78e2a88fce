import Backends
import Primitives
import Repositories

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

    /// Damage that an error tells of: "data/3f2a…: what is wrong".
    init(_ error: VarveError) {
        let parts = error.problem.split(separator: ": ", maxSplits: 1)
        self.init(
            .damage, parts.count == 2 ? String(parts[0]) : "repository",
            parts.count == 2 ? String(parts[1]) : error.problem)
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
    /// Bytes of the packs that are to be read whole.
    package var chosenBytes: UInt64 = 0
    /// Bytes of packs that were read, with all data.
    package var readBytes: UInt64 = 0
    /// Packs in which there is nothing that a snapshot needs.
    package var unreferencedPacks: [ListedObject] = []
    /// Packs that are still there and are going.
    package var condemnedPacks: [ListedObject] = []
    /// What was found damaged of packs, whether a record names it already or not.
    package var damagedParts: Set<IndexRecord.DamagedPart> = []
    /// How many of these were written down by this check.
    package var recordedParts = 0
    /// Why they could not be written down.
    package var recordingFailure: VarveError?
    /// How long ago the packs were verified by this machine; `nil` where it keeps no record of that.
    package var standing: VerificationLedger.Standing?
    package var problems: [CheckProblem] = []
    /// Damage beyond what is listed.
    package var furtherProblems = 0

    package init() {}

    package var isDamaged: Bool { damageCount > 0 }

    /// How many problems are damage.
    package var damageCount: Int { problems.count(where: { $0.severity == .damage }) + furtherProblems }

    private static let problemLimit = 1000

    package mutating func add(_ problem: CheckProblem) {
        if problems.count < CheckReport.problemLimit {
            problems.append(problem)
        } else if problem.severity == .damage {
            furtherProblems += 1
        }
    }

    package mutating func add(_ error: VarveError) { add(CheckProblem(error)) }
}
