/// What went wrong, with what, and what to do: the one error type that leaves a module.
public struct VarveError: Error, Sendable, Equatable {
    /// What kind of failure it is; the command line makes its exit code of it.
    public enum Kind: String, Sendable {
        /// The request makes no sense as given.
        case usage
        /// A source could not be read, or a command stream failed.
        case source
        /// A file or folder of this machine could not be written or read.
        case local
        /// The storage of the repository refused or failed.
        case storage
        /// The storage keeps an object that should be deleted, and may give it up later.
        case retained
        /// There is no repository at the place named.
        case repositoryMissing
        /// There is a repository already.
        case repositoryExists
        /// Another process is in the way.
        case busy
        /// No key slot opens with the password.
        case wrongPassword
        /// Bytes in the repository are not what they should be, or are missing.
        case damaged
        /// The repository needs a newer varve.
        case unsupported
        /// The name asked for does not exist in the repository.
        case notFound
        /// The user or a signal ended the work.
        case cancelled
    }

    public let kind: Kind
    /// What happened and to what, in one clause without a full stop.
    public let problem: String
    /// What to do about it, as a sentence without a full stop; empty where there is nothing to say.
    public let advice: String
    /// Whether the same request may succeed later without any change.
    public let isRetryable: Bool

    public init(_ kind: Kind, _ problem: String, advice: String = "", isRetryable: Bool = false) {
        self.kind = kind
        self.problem = problem
        self.advice = advice
        self.isRetryable = isRetryable
    }

    /// Damage found in the object named: "pack 3f2a…: segment at 128: authentication failed".
    public static func damaged(_ object: String, _ problem: String) -> VarveError {
        VarveError(
            .damaged, "\(object): \(problem)",
            advice: "run `varve check --read-data` to see what else is damaged")
    }
}

extension VarveError: CustomStringConvertible {
    public var description: String { advice.isEmpty ? problem : "\(problem); \(advice)" }
}
