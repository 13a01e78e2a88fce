import SeededData
import Testing

@testable import Chunking

private func parameters(_ bits: Int) throws -> ChunkerParameters {
    try #require(ChunkerParameters(bits: bits))
}

@Suite struct ChunkerTests {
    /// Every rule of the cut is met by some stream here, or this test is not worth its name.
    @Test func agreesWithTheLiteralChunkerByEveryRule() throws {
        let parameters = try parameters(13)
        var reasons: Set<LiteralChunker.Reason> = []
        for seed: UInt64 in 1...3 {
            let keys = makeKeys(parameters, seed: seed)
            let literal = LiteralChunker(parameters: parameters, keys: keys)
            let streams = [
                Streams.random(80_000, seed: seed),
                Streams.text(80_000, seed: seed),
                Streams.constant(70_000, byte: UInt8(seed)),
                Streams.manyCandidates(40_000, keys: keys, literal: literal, seed: seed),
                Streams.constant(40_000, byte: 0) + Streams.random(2_000, seed: seed)
                    + Streams.constant(40_000, byte: 255),
            ]
            for stream in streams {
                let expected = literal.cuts(stream)
                reasons.formUnion(expected.map(\.reason))
                #expect(cuts(stream, Chunker(parameters: parameters, keys: keys)) == expected.map(\.length))
            }
        }
        #expect(reasons.isSuperset(of: [.early, .maximum, .endOfStream]))
    }

    /// A period that holds candidates offers the same few V until the end: the smallest, and the last of equals, must
    /// win.
    @Test func agreesWithTheLiteralChunkerOnPeriods() throws {
        let parameters = try parameters(13)
        var reasons: Set<LiteralChunker.Reason> = []
        for seed: UInt64 in 1...8 {
            let keys = makeKeys(parameters, seed: seed)
            let literal = LiteralChunker(parameters: parameters, keys: keys)
            for period in [2, 48, 600, 2000 + Int(seed)] {
                let stream = Streams.periodic(70_000, period: period, seed: seed)
                let expected = literal.cuts(stream)
                reasons.formUnion(expected.map(\.reason))
                #expect(cuts(stream, Chunker(parameters: parameters, keys: keys)) == expected.map(\.length))
            }
        }
        #expect(reasons.isSuperset(of: [.late, .smallestCandidate, .maximum]))
    }

    @Test(arguments: [14, 15, 16, 17])
    func agreesWithTheLiteralChunkerForLargerAverages(bits: Int) throws {
        let parameters = try parameters(bits)
        let keys = makeKeys(parameters, seed: UInt64(bits))
        let literal = LiteralChunker(parameters: parameters, keys: keys)
        let streams = [
            Streams.random(parameters.maximum + 1000, seed: 5),
            Streams.text(parameters.maximum, seed: 6),
        ]
        for stream in streams {
            #expect(
                cuts(stream, Chunker(parameters: parameters, keys: keys)) == literal.cuts(stream).map(\.length))
        }
    }

    @Test func cutsDoNotDependOnHowTheStreamArrives() throws {
        let parameters = try parameters(13)
        let keys = makeKeys(parameters, seed: 7)
        for (index, stream) in [
            Streams.random(80_000, seed: 8), Streams.periodic(80_000, period: 700, seed: 9),
            Streams.constant(80_000, byte: 3), Streams.text(80_000, seed: 10),
        ].enumerated() {
            let expected = cuts(stream, Chunker(parameters: parameters, keys: keys))
            #expect(expected.count > 1)
            for largestStep in [20, 500, 5_000, 50_000] {
                var random = SeededRandom(seed: UInt64(index))
                var chunker = Chunker(parameters: parameters, keys: keys)
                var lengths: [Int] = []
                var start = 0
                var end = 0
                stream.withUnsafeBytes { bytes in
                    while start < bytes.count {
                        let known = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                        if let length = chunker.nextCut(in: known, isEndOfStream: end == bytes.count) {
                            lengths.append(length)
                            start += length
                        } else {
                            end = min(bytes.count, end + Int.random(in: 1...largestStep, using: &random))
                        }
                    }
                }
                #expect(lengths == expected)
            }
        }
    }

    /// At each possible place one stream ends, or goes on in another buffer.
    @Test func everySplitNearTheMinimumAndTheMaximum() throws {
        let parameters = try parameters(13)
        let keys = makeKeys(parameters, seed: 11)
        let literal = LiteralChunker(parameters: parameters, keys: keys)
        let stream = Streams.constant(parameters.maximum + 64, byte: 9)
        let places =
            Array(parameters.minimum - 40...parameters.minimum + 40)
            + Array(parameters.maximum - 20...parameters.maximum + 20)
        for place in places {
            let part = Array(stream[..<place])
            #expect(cuts(part, Chunker(parameters: parameters, keys: keys)) == literal.cuts(part).map(\.length))
            var chunker = Chunker(parameters: parameters, keys: keys)
            let first = part.withUnsafeBytes { chunker.nextCut(in: $0, isEndOfStream: false) }
            #expect(first == (place >= parameters.maximum ? parameters.maximum : nil))
        }
    }

    @Test func emptyStreamHasNoChunk() throws {
        let parameters = try parameters(15)
        var chunker = Chunker(parameters: parameters, keys: makeKeys(parameters, seed: 12))
        #expect(chunker.nextCut(in: UnsafeRawBufferPointer(start: nil, count: 0), isEndOfStream: true) == nil)
        #expect(cuts([], chunker) == [])
        #expect(cuts([1], chunker) == [1])
    }

    @Test func averageIsAboutWhatItIsSaidToBe() throws {
        let parameters = try parameters(13)
        let lengths = cuts(
            Streams.random(4_000_000, seed: 13), Chunker(parameters: parameters, keys: makeKeys(parameters, seed: 14)))
        let average = 4_000_000 / lengths.count
        #expect((8_000...11_000).contains(average))
        #expect(lengths.dropLast().allSatisfy { $0 >= parameters.minimum && $0 <= parameters.maximum })
    }

    /// What content-defined cutting is for: an insertion moves cuts near it alone.
    @Test func cutsComeBackAfterAnInsertion() throws {
        let parameters = try parameters(13)
        let chunker = Chunker(parameters: parameters, keys: makeKeys(parameters, seed: 15))
        let stream = Streams.random(1_000_000, seed: 16)
        let changed = Array(stream[..<400_000]) + Array("inserted".utf8) + Array(stream[400_000...])
        func ends(_ stream: [UInt8]) -> Set<Int> {
            var end = 0
            return Set(
                cuts(stream, chunker).map { length in
                    end += length
                    return stream.count - end
                })
        }
        #expect(ends(stream).symmetricDifference(ends(changed)).filter { $0 < 500_000 }.isEmpty)
    }
}
