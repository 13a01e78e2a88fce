import CKernels
import CWideKernel
import Primitives
import Testing

@testable import Chunking

/// The logic of the kernels for 64-byte vectors, on any CPU.
struct WideScanner: CandidateScanner {
    let stage1: varve_stage1

    func firstCandidates(in bytes: UnsafeRawPointer, from start: Int, count: Int) -> CandidateGroup {
        var stage1 = stage1
        let found = wide_find_candidates(&stage1, bytes + start, count)
        return CandidateGroup(distance: found.distance, bits: found.bits)
    }
}

/// One way to scan, by name.
struct NamedScanner: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let make: @Sendable (Multipliers, UInt16) -> any CandidateScanner

    /// All that this CPU can run.
    static let all: [NamedScanner] = {
        let levels = KernelLevel.available.map { level in
            NamedScanner(testDescription: level.rawValue) { multipliers, threshold in
                makeScanner(level, multipliers, threshold)
            }
        }
        let wide = NamedScanner(testDescription: "wide") { multipliers, threshold in
            WideScanner(stage1: varve_stage1(multipliers, threshold: threshold))
        }
        return levels + [wide]
    }()

    private static func makeScanner(
        _ level: KernelLevel, _ multipliers: Multipliers, _ threshold: UInt16
    ) -> any CandidateScanner {
        VectorScanner(level, multipliers: multipliers, threshold: threshold)
            ?? PortableScanner(multipliers: multipliers, threshold: threshold)
    }
}

/// All candidates e with `start` ≤ e < `start` + `count`, as one search after the other finds them.
func candidates(
    _ scanner: any CandidateScanner, in bytes: UnsafeRawPointer, from start: Int, count: Int
) -> [Int] {
    var found: [Int] = []
    var position = start
    while position < start + count {
        let rest = start + count - position
        let group = scanner.firstCandidates(in: bytes, from: position, count: rest)
        for bit in 0..<CandidateGroup.size where group.bits >> UInt64(bit) & 1 == 1 {
            found.append(position + group.distance + bit)
        }
        position += min(group.distance + CandidateGroup.size, rest)
    }
    return found
}
