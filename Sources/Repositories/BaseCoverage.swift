/// Chooses the bases of a segment by what they have in common with it: of what lies near its place little is like it.
///
/// Each candidate is judged by how many windows of the segment's sample it has. The best come first; one is taken if enough of its
/// windows are in none that was taken. A value without input or output.
struct BaseCoverage {
    private struct Candidate {
        /// The numbers of the segment's windows that it has, each once.
        let shared: [Int]
        /// Whether it is too short to tell, and stood in the place itself.
        let isTakenUnseen: Bool
    }

    /// The numbers of the windows of the segment, each once.
    private var numbers: [UInt64: Int] = [:]
    /// In the order they were added.
    private var candidates: [Candidate] = []

    /// Fewer windows than these, new with a base, are not worth its ID: a window stands for half a kilobyte, which takes some 150
    /// bytes plainly, and by chance two versions have few in common.
    static let leastWindows = 3
    /// A segment with fewer windows than these, or than this part of what its length makes likely, says too little.
    static let leastToTell = (windows: 16, part: 8)

    /// - Parameters:
    ///   - segment: its sample.
    ///   - count: its bytes.
    /// - Returns: `nil` where the sample says too little.
    init?(of segment: ContentSample, count: Int) {
        for window in segment.windows where numbers[window] == nil { numbers[window] = numbers.count }
        let least = max(
            BaseCoverage.leastToTell.windows, count / (ContentSample.spacing * BaseCoverage.leastToTell.part))
        guard numbers.count >= least else { return nil }
    }

    /// - Parameter isInPlace: whether it stood where the segment stands, going by the order of things.
    mutating func add(_ candidate: ContentSample, isInPlace: Bool) {
        var seen: Set<Int> = []
        let shared = candidate.windows.compactMap { numbers[$0] }.filter { seen.insert($0).inserted }
        candidates.append(
            Candidate(
                shared: shared, isTakenUnseen: isInPlace && candidate.windows.count < BaseCoverage.leastWindows))
    }

    /// The candidates to take, by their numbers, in the order they were added.
    func chosen() -> [Int] {
        var isCovered = [Bool](repeating: false, count: numbers.count)
        var chosen: [Int] = []
        // Of equals the one added first.
        let best = candidates.indices.sorted {
            (candidates[$1].shared.count, $0) < (candidates[$0].shared.count, $1)
        }
        for number in best {
            let new = candidates[number].shared.filter { !isCovered[$0] }
            guard candidates[number].isTakenUnseen || new.count >= BaseCoverage.leastWindows else { continue }
            for window in new { isCovered[window] = true }
            chosen.append(number)
        }
        return chosen.sorted()
    }
}
