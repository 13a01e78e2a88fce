import SeededData
import Testing

@testable import Chunking

/// Says what the test says.
private struct ScriptedScanner: CandidateScanner {
    /// e, from the start of a chunk.
    let candidates: [Int]

    func firstCandidates(in bytes: UnsafeRawPointer, from start: Int, count: Int) -> CandidateGroup {
        guard let first = candidates.first(where: { $0 >= start && $0 < start + count }) else {
            return CandidateGroup(distance: count, bits: 0)
        }
        let end = min(first + CandidateGroup.size, start + count)
        let bits = candidates.filter { $0 >= first && $0 < end }.reduce(into: UInt64(0)) {
            $0 |= 1 << UInt64($1 - first)
        }
        return CandidateGroup(distance: first - start, bits: bits)
    }
}

/// The rules of the cut one by one: the test says where candidates are and how the PRF judges them.
@Suite struct CutRuleTests {
    private enum Verdict {
        /// Cuts anywhere.
        case early
        /// Cuts behind the average.
        case late
        /// Cuts nowhere.
        case never
    }

    private let parameters: ChunkerParameters
    private let keys: ChunkerKeys

    init() throws {
        parameters = try #require(ChunkerParameters(bits: 13))
        keys = makeKeys(parameters, seed: 1)
    }

    /// A window of 64 bytes that the PRF judges so, and another for each number.
    private func window(_ verdict: Verdict, number: UInt64 = 0) -> (bytes: [UInt8], value: UInt64) {
        var random = SeededRandom(seed: number)
        while true {
            let bytes = random.bytes(64)
            let value = bytes.withUnsafeBytes { keys.prf($0) }
            let found: Verdict = value < 1 << 59 ? .early : value < 1 << 63 ? .late : .never
            if found == verdict { return (bytes, value) }
        }
    }

    /// Zeros with windows that end at the places given.
    private func stream(_ count: Int, windows: [(end: Int, bytes: [UInt8])]) -> [UInt8] {
        var stream = [UInt8](repeating: 0, count: count)
        for window in windows { stream.replaceSubrange(window.end - 64..<window.end, with: window.bytes) }
        return stream
    }

    private func makeChunker(candidates: [Int]) -> Chunker {
        Chunker(parameters: parameters, scanner: ScriptedScanner(candidates: candidates), prf: keys.prf)
    }

    private func firstCut(_ stream: [UInt8], candidates: [Int]) -> Int? {
        cuts(stream, makeChunker(candidates: candidates)).first
    }

    @Test func strictUpToTheAverageLenientBehindIt() {
        for (end, verdict, isCut) in [
            (2048, Verdict.early, true), (2048, .late, false), (8191, .late, false), (8192, .early, true),
            (8192, .late, false), (8193, .late, true), (8193, .never, false), (32768, .late, true),
            (32767, .late, true),
        ] {
            let stream = stream(40_000, windows: [(end, window(verdict).bytes), (20_000, window(.early).bytes)])
            let expected = isCut ? end : 20_000
            #expect(firstCut(stream, candidates: end < 20_000 ? [end, 20_000] : [end]) == expected)
        }
    }

    @Test func candidatesOutsideMinimumAndMaximumDoNotCount() {
        let early = window(.early).bytes
        let stream = stream(40_000, windows: [(2047, early), (32_769, early)])
        #expect(firstCut(stream, candidates: [2047, 32_769]) == 32_768)
    }

    @Test func theSmallestValueWinsAndTheLastOfEquals() {
        let windows = (1...6).map { window(.never, number: $0) }.sorted { $0.value < $1.value }
        func cut(_ order: [Int]) -> Int? {
            let placed = order.enumerated().map { (end: 20_000 + 1_000 * $0.offset, bytes: windows[$0.element].bytes) }
            return firstCut(stream(40_000, windows: placed), candidates: placed.map(\.end))
        }
        #expect(cut([3, 1, 2]) == 21_000)
        #expect(cut([0, 1, 2]) == 20_000)
        #expect(cut([2, 1, 0]) == 22_000)
        #expect(cut([4, 1, 5, 1, 3]) == 23_000)
    }

    /// So that whatever was read for a chunk is not read many times more.
    @Test func theSmallestValueCountsBehindHalfTheMaximumOnly() {
        let windows = (1...2).map { window(.never, number: $0) }.sorted { $0.value < $1.value }.map(\.bytes)
        for (end, expected) in [(16_384, 20_000), (16_385, 16_385)] {
            let stream = stream(40_000, windows: [(end, windows[0]), (20_000, windows[1])])
            #expect(firstCut(stream, candidates: [end, 20_000]) == expected)
        }
        #expect(firstCut(stream(40_000, windows: [(16_384, windows[0])]), candidates: [16_384]) == 32_768)
    }

    @Test func aCandidateCloseBehindOneThatWasJudgedIsPassedOver() throws {
        for distance in [1, 31, 32, 40, 63, 64, 65] {
            // The later window overlaps the one before: of those that cut, take one that leaves the one before uncut.
            let tries = (0..<100).map { number in
                self.stream(40_000, windows: [(20_000 + distance, window(.late, number: number).bytes)])
            }
            let stream = tries.first { $0[19_936..<20_000].withUnsafeBytes { keys.prf($0) } >= 1 << 63 }
            let expected = distance < 32 ? 20_000 : 20_000 + distance
            #expect(firstCut(try #require(stream), candidates: [20_000, 20_000 + distance]) == expected)
        }
    }

    /// Only a candidate that was judged shades those behind it, and none of the chunk before does.
    @Test func aCandidateThatWasPassedOverShadesNothing() {
        let never = window(.never).bytes
        let early = window(.early).bytes
        var chunker = makeChunker(candidates: [2_048, 2_070, 2_085, 9_000])
        let first = stream(40_000, windows: [(2_048, never), (2_085, early)])
        #expect(first.withUnsafeBytes { chunker.nextCut(in: $0, isEndOfStream: false) } == 2_085)
        let second = stream(40_000, windows: [(2_048, early)])
        #expect(second.withUnsafeBytes { chunker.nextCut(in: $0, isEndOfStream: false) } == 2_048)
    }

    /// Without the maximum there is no choice to make: the rest is the last chunk.
    @Test func aShortStreamIsNotCutAtTheSmallestValue() {
        let never = window(.never).bytes
        #expect(firstCut(stream(32_767, windows: [(20_000, never)]), candidates: [20_000]) == 32_767)
        #expect(firstCut(stream(32_768, windows: [(20_000, never)]), candidates: [20_000]) == 20_000)
    }

    @Test func aChunkKnowsNothingOfTheOneBefore() {
        let windows = (1...5).map { window(.never, number: $0) }.sorted { $0.value < $1.value }.map(\.bytes)
        var chunker = makeChunker(candidates: [20_000, 21_000, 22_000, 23_000])
        let first = stream(40_000, windows: [(20_000, windows[0]), (21_000, window(.early).bytes)])
        #expect(first.withUnsafeBytes { chunker.nextCut(in: $0, isEndOfStream: false) } == 21_000)
        let second = stream(
            40_000,
            windows: [(20_000, windows[4]), (21_000, windows[3]), (22_000, windows[1]), (23_000, windows[2])])
        #expect(second.withUnsafeBytes { chunker.nextCut(in: $0, isEndOfStream: false) } == 22_000)
    }
}
