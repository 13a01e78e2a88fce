import CKernels
import Primitives

/// The 64 bytes that the PRF judges a candidate by.
struct Window: Equatable {
    static let length = 64
    private let words: SIMD8<UInt64>

    init(endingAt end: UnsafeRawPointer) { words = (end - Window.length).loadUnaligned(as: SIMD8<UInt64>.self) }
}

/// Stage 2 of the chunker: V of candidates, one at a time or several together in the lanes of vectors.
package struct WindowHasher: Sendable {
    private let prf: SipHash24
    private let kernel: varve_kernel?

    /// - Parameter level: one that this CPU has.
    package init(_ level: KernelLevel, prf: SipHash24) {
        self.prf = prf
        kernel = level.kernel
    }

    /// V of the window that ends at `end`.
    package func value(endingAt end: UnsafeRawPointer) -> UInt64 {
        prf(UnsafeRawBufferPointer(start: end - Window.length, count: Window.length))
    }

    /// V of each of `count` windows; at least one. It pays from four on.
    ///
    /// - Parameter values: room for `count` numbers.
    package func values(
        endingAt ends: UnsafePointer<UnsafePointer<UInt8>?>, count: Int, into values: UnsafeMutablePointer<UInt64>
    ) {
        if let kernel {
            varve_hash_windows(kernel, prf.k0, prf.k1, ends, count, values)
        } else {
            for index in 0..<count { values[index] = value(endingAt: ends[index].unsafelyUnwrapped) }
        }
    }
}
