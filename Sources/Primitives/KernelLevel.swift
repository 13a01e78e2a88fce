import CKernels
import Glibc

/// The sets of vector instructions that there are kernels for: code for one task and one kind of CPU, all with the same
/// results.
public enum KernelLevel: String, Sendable, CaseIterable, CustomStringConvertible {
    /// Plain Swift, for every CPU.
    case portable
    case ssse3, avx2, avx512
    case neon

    public var description: String { rawValue }

    /// The kernel of this level; `nil` for plain Swift.
    package var kernel: varve_kernel? {
        switch self {
        case .portable: nil
        case .ssse3: varve_kernel_ssse3
        case .avx2: varve_kernel_avx2
        case .avx512: varve_kernel_avx512
        case .neon: varve_kernel_neon
        }
    }

    /// The levels that this CPU and its operating system have, the fastest last.
    public static let available = allCases.filter { $0.kernel.map(varve_kernel_is_available) ?? true }

    /// The environment variable that forces a level.
    public static let variable = "VARVE_KERNEL"

    /// The level that the environment forces, or the fastest one. A failure, of kind `usage`, is for whoever can report
    /// it.
    public static let selection = Result<KernelLevel, VarveError> { () throws(VarveError) in
        try select(getenv(variable).map { String(cString: $0) }, among: available)
    }

    /// The level to work with: ``selection``, or the fastest where that failed.
    public static let chosen = (try? selection.get()) ?? fastest(of: available)

    /// - Parameter name: of the level that is wanted; none, or an empty one, means the fastest.
    /// - Throws: kind `usage` where `available` has no such level.
    package static func select(
        _ name: String?, among available: [KernelLevel]
    ) throws(VarveError) -> KernelLevel {
        guard let name, !name.isEmpty else { return fastest(of: available) }
        guard let level = available.first(where: { $0.rawValue == name }) else {
            let isKnown = KernelLevel(rawValue: name) != nil
            throw VarveError(
                .usage,
                isKnown
                    ? "this CPU lacks the instructions that \(variable)=\(name) asks for"
                    : "\(variable) names no kernel: '\(name)'",
                advice: "available here: " + available.map(\.rawValue).joined(separator: ", "))
        }
        return level
    }

    private static func fastest(of available: [KernelLevel]) -> KernelLevel { available.last ?? .portable }
}
