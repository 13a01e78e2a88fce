import Glibc
import HostileStreams
import Testing

@testable import Chunking

@Suite struct ScannerTests {
    /// Streams with the candidates that the literal definition finds in them.
    private func examples(_ bits: Int) throws -> [(keys: ChunkerKeys, stream: [UInt8], candidates: [Int])] {
        let parameters = try #require(ChunkerParameters(bits: bits))
        let keys = makeKeys(parameters, seed: UInt64(bits))
        let literal = LiteralChunker(parameters: parameters, keys: keys)
        let length = 1_500
        var hostile = HostileStreams(parameters: parameters, keys: keys, seed: 6)
        let streams = [
            Streams.random(length, seed: 1),
            Streams.text(length, seed: 2),
            Streams.utf16(length, seed: 3),
            Streams.constant(length, byte: 0),
            Streams.periodic(length, period: 37, seed: 4),
            Streams.manyCandidates(length, keys: keys, literal: literal, seed: 5),
            hostile.dense(length),
        ]
        return streams.map { stream in
            let candidates = (CandidateGroup.lead...stream.count).filter { literal.isCandidate(stream, endingAt: $0) }
            return (keys, stream, candidates)
        }
    }

    @Test(arguments: NamedScanner.all, [13, 15])
    func agreesWithTheLiteralDefinitionAtEveryAlignment(scanner: NamedScanner, bits: Int) throws {
        let parameters = try #require(ChunkerParameters(bits: bits))
        for (keys, stream, expected) in try examples(bits) {
            let scanner = scanner.make(keys.multipliers, parameters.candidateThreshold)
            try #require(stream.count > CandidateGroup.lead + 64)
            stream.withUnsafeBytes { bytes in
                guard let bytes = bytes.baseAddress else { return }
                for start in CandidateGroup.lead..<CandidateGroup.lead + 64 {
                    let count = stream.count - start + 1
                    #expect(
                        candidates(scanner, in: bytes, from: start, count: count) == expected.filter { $0 >= start })
                }
            }
        }
    }

    /// The memory before and behind what may be read belongs to nobody, so that a read there ends the process.
    @Test(arguments: NamedScanner.all)
    func everyCountAndNoReadBeyondTheEnds(scanner: NamedScanner) throws {
        let parameters = try #require(ChunkerParameters(bits: 13))
        let (keys, stream, expected) = try #require(try examples(13).last)
        #expect(expected.count > stream.count / 2)
        let scanner = scanner.make(keys.multipliers, parameters.candidateThreshold)
        let lead = CandidateGroup.lead
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        try #require(stream.count <= page)
        try withGuardedPage { memory in
            for count in 1...stream.count - lead + 1 {
                let expected = expected.prefix { $0 < lead + count }.map { $0 - lead }
                let length = lead + count - 1
                for offset in [0, page - length] {
                    memory.advanced(by: offset).copyMemory(from: stream, byteCount: length)
                    let found = candidates(scanner, in: memory + offset + lead, from: 0, count: count)
                    #expect(found == expected, "count \(count)")
                }
            }
        }
    }

    private func withGuardedPage(_ body: (UnsafeMutableRawPointer) throws -> Void) throws {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let memory = try #require(mmap(nil, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
        try #require(memory != MAP_FAILED)
        defer { munmap(memory, 3 * page) }
        try #require(mprotect(memory + page, page, PROT_READ | PROT_WRITE) == 0)
        try body(memory + page)
    }

    @Test(arguments: NamedScanner.all, [13, 15])
    func findsWhatStandsFarAway(scanner: NamedScanner, bits: Int) throws {
        let parameters = try #require(ChunkerParameters(bits: bits))
        let keys = makeKeys(parameters, seed: 20)
        let portable = PortableScanner(multipliers: keys.multipliers, threshold: parameters.candidateThreshold)
        let scanner = scanner.make(keys.multipliers, parameters.candidateThreshold)
        let stream = Streams.random(100_000, seed: 21)
        stream.withUnsafeBytes { bytes in
            guard let bytes = bytes.baseAddress else { return }
            let count = stream.count - CandidateGroup.lead + 1
            let expected = candidates(portable, in: bytes, from: CandidateGroup.lead, count: count)
            #expect(expected.count > 5)
            #expect(candidates(scanner, in: bytes, from: CandidateGroup.lead, count: count) == expected)
        }
    }

    @Test func aSearchWithoutCandidatesIsOverAtItsEnd() throws {
        let parameters = try #require(ChunkerParameters(bits: 15))
        let keys = makeKeys(parameters, seed: 22)
        let stream = Streams.constant(2_000, byte: 7)
        for scanner in NamedScanner.all {
            let scanner = scanner.make(keys.multipliers, parameters.candidateThreshold)
            for count in [1, 63, 64, 65, 128, 1_500] {
                let group = stream.withUnsafeBytes { bytes in
                    bytes.baseAddress.map {
                        scanner.firstCandidates(in: $0, from: CandidateGroup.lead, count: count)
                    }
                }
                #expect(group == CandidateGroup(distance: count, bits: 0))
            }
        }
    }
}
