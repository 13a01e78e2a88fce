import CKernels
import HostileStreams
import Primitives
import Testing

@testable import Chunking

/// Whole chunkers of every level.
@Suite struct ChunkerKernelTests {
    @Test(arguments: KernelLevel.available)
    func everyLevelOfThisCPUIsSound(level: KernelLevel) {
        #expect(ChunkerKernel.isSound(level))
    }

    @Test func aLevelThatThisCPULacksIsNotSound() {
        for level in KernelLevel.allCases where !KernelLevel.available.contains(level) {
            #expect(!ChunkerKernel.isSound(level))
        }
        #expect(KernelLevel.available.contains(ChunkerKernel.running))
    }

    @Test(arguments: KernelLevel.available)
    func everyLevelCutsAsTheLiteralChunker(level: KernelLevel) throws {
        let parameters = try #require(ChunkerParameters(bits: 13))
        let keys = makeKeys(parameters, seed: 31)
        let literal = LiteralChunker(parameters: parameters, keys: keys)
        var hostile = HostileStreams(parameters: parameters, keys: keys, seed: 32)
        let streams = [
            Streams.random(40_000, seed: 33), Streams.text(40_000, seed: 34), Streams.utf16(40_000, seed: 35),
            Streams.constant(40_000, byte: 1), Streams.periodic(40_000, period: 300, seed: 36),
            hostile.periodic(40_000, period: 99), hostile.mixed(8_000, stretch: 300),
        ]
        for stream in streams {
            let lengths = cuts(stream, Chunker(parameters: parameters, keys: keys, level: level))
            #expect(lengths == literal.cuts(stream).map(\.length))
        }
    }

    @Test(arguments: 13...22)
    func everyLevelCutsAlikeForEveryAverage(bits: Int) throws {
        let parameters = try #require(ChunkerParameters(bits: bits))
        let keys = makeKeys(parameters, seed: UInt64(bits))
        // Dense now and then from a little before the first position on, then nothing up to the longest chunk.
        var hostile = HostileStreams(parameters: parameters, keys: keys, seed: 41)
        var stream = [UInt8](repeating: 0, count: parameters.minimum - 200)
        stream += hostile.periodic(2_000, period: 333) + Streams.random(20_000, seed: 42)
        stream += hostile.mixed(2_000, stretch: 200)
        stream += [UInt8](repeating: 0, count: max(0, parameters.maximum - stream.count))
        stream += Streams.random(5_000, seed: 43)
        let wide = WideScanner(stage1: varve_stage1(keys.multipliers, threshold: parameters.candidateThreshold))
        let expected = cuts(stream, Chunker(parameters: parameters, scanner: wide, prf: keys.prf))
        #expect(expected.count > 1)
        // Plain Swift takes seconds for megabytes where it is built for tests.
        for level in KernelLevel.available where level != .portable || bits <= 17 {
            #expect(cuts(stream, Chunker(parameters: parameters, keys: keys, level: level)) == expected, "\(level)")
        }
    }

    @Test(arguments: KernelLevel.available)
    func cutsDoNotDependOnHowTheStreamArrives(level: KernelLevel) throws {
        let parameters = try #require(ChunkerParameters(bits: 13))
        let keys = makeKeys(parameters, seed: 51)
        var hostile = HostileStreams(parameters: parameters, keys: keys, seed: 52)
        let stream = hostile.periodic(10_000, period: 150)
        let expected = cuts(stream, Chunker(parameters: parameters, keys: keys, level: level)).first
        // Two pieces, split at every place near the first position looked at, then byte by byte.
        for split in parameters.minimum - 70...parameters.minimum + 200 {
            var chunker = Chunker(parameters: parameters, keys: keys, level: level)
            let first = stream.withUnsafeBytes { bytes in
                chunker.nextCut(in: UnsafeRawBufferPointer(rebasing: bytes[..<split]), isEndOfStream: false)
                    ?? chunker.nextCut(in: bytes, isEndOfStream: true)
            }
            #expect(first == expected)
        }
        var chunker = Chunker(parameters: parameters, keys: keys, level: level)
        let first = stream.withUnsafeBytes { bytes in
            (1...bytes.count).lazy.compactMap { count in
                chunker.nextCut(
                    in: UnsafeRawBufferPointer(rebasing: bytes[..<count]), isEndOfStream: count == bytes.count)
            }.first
        }
        #expect(first == expected)
    }

    @Test func hostileStreamsAreHostile() throws {
        for (bits, share) in [(13, 55), (15, 40), (22, 45)] {
            let parameters = try #require(ChunkerParameters(bits: bits))
            let keys = makeKeys(parameters, seed: 61)
            let literal = LiteralChunker(parameters: parameters, keys: keys)
            var hostile = HostileStreams(parameters: parameters, keys: keys, seed: 62)
            let stream = hostile.dense(2_000)
            let ends = (64...stream.count).filter { literal.isCandidate(stream, endingAt: $0) }
            #expect(ends.count * 100 > stream.count * share)
            let cutting = ends.filter { literal.v(stream, endingAt: $0) <= parameters.lateLimit }
            #expect(cutting.count * 20 < ends.count)
        }
    }
}
