import Chunking

/// A way to find candidates, as the group "chunker" measures it.
struct ScannerLevel {
    let name: String
    let scanner: @Sendable (Multipliers, _ threshold: UInt16) -> any CandidateScanner

    /// Every level that this processor has. To measure another, add it here.
    static let all: [ScannerLevel] = [
        ScannerLevel(name: "portable") { PortableScanner(multipliers: $0, threshold: $1) }
    ]
}
