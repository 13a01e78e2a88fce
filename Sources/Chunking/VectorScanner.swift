import CKernels
import Primitives

/// Stage 1 in the vectors of this CPU.
package struct VectorScanner: CandidateScanner {
    private let kernel: varve_kernel
    private let stage1: varve_stage1

    /// `nil` where `level` has no kernel, or not on this CPU.
    package init?(_ level: KernelLevel, multipliers: Multipliers, threshold: UInt16) {
        guard let kernel = level.kernel, varve_kernel_is_available(kernel) else { return nil }
        self.kernel = kernel
        stage1 = varve_stage1(multipliers, threshold: threshold)
    }

    package func firstCandidates(in bytes: UnsafeRawPointer, from start: Int, count: Int) -> CandidateGroup {
        var stage1 = stage1
        let found = varve_find_candidates(kernel, &stage1, bytes + start, count)
        return CandidateGroup(distance: found.distance, bits: found.bits)
    }
}

extension varve_stage1 {
    package init(_ m: Multipliers, threshold: UInt16) {
        self.init(a0: m.a0, a1: m.a1, c1: m.c1, c2: m.c2, c3: m.c3, threshold: threshold)
    }
}
