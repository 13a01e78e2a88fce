import Testing

@testable import Chunking

@Suite struct PortableScannerTests {
    private func hits(_ scanner: PortableScanner, _ bytes: [UInt8], from start: Int, count: Int) -> [Int] {
        // A copy of exactly the bytes that may be read, so that a memory checker sees a scan that reads others.
        let allowed = Array(bytes[(start - CandidateBlock.lead)..<(start + count - 1)])
        return allowed.withUnsafeBytes { allowed in
            withUnsafeTemporaryAllocation(of: UInt16.self, capacity: CandidateBlock.size) { room in
                guard let bytes = allowed.baseAddress, let hits = room.baseAddress else { return [] }
                let found = scanner.findCandidates(in: bytes, from: CandidateBlock.lead, count: count, into: hits)
                return room.prefix(found).map { start + Int($0) }
            }
        }
    }

    @Test(arguments: [13, 15])
    func agreesWithTheLiteralDefinitionAtEveryAlignment(bits: Int) throws {
        let parameters = try #require(ChunkerParameters(bits: bits))
        for seed: UInt64 in 1...2 {
            let keys = makeKeys(parameters, seed: seed)
            let literal = LiteralChunker(parameters: parameters, keys: keys)
            let scanner = PortableScanner(multipliers: keys.multipliers, threshold: parameters.candidateThreshold)
            let streams = [
                Streams.random(4_000, seed: seed),
                Streams.manyCandidates(4_000, keys: keys, literal: literal, seed: seed),
            ]
            for stream in streams {
                let expected = (CandidateBlock.lead...stream.count).filter { literal.isCandidate(stream, endingAt: $0) }
                for start in CandidateBlock.lead..<CandidateBlock.lead + 17 {
                    for count in Array(1...50) + [2047, 2048] {
                        let range = start..<start + count
                        #expect(hits(scanner, stream, from: start, count: count) == expected.filter(range.contains))
                    }
                }
            }
        }
    }

    @Test func hostileStreamReallyHasManyCandidates() throws {
        let parameters = try #require(ChunkerParameters(bits: 13))
        let keys = makeKeys(parameters, seed: 3)
        let literal = LiteralChunker(parameters: parameters, keys: keys)
        let stream = Streams.manyCandidates(4_000, keys: keys, literal: literal, seed: 3)
        let count = (32...4_000).filter { literal.isCandidate(stream, endingAt: $0) }.count
        #expect(count > 500)
    }
}
