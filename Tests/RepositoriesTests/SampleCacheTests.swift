import Primitives
import SeededData
import Testing

@testable import Repositories

struct SampleCacheTests {
    private func id(_ number: UInt64) -> ChunkID { Digest(number, 0, 0, 0) }

    private func sample(_ number: UInt64) -> ContentSample {
        var random = SeededRandom(seed: number)
        let bytes = (0..<8192).map { _ in UInt8.random(in: 0...255, using: &random) }
        var sample = ContentSample()
        bytes.withUnsafeBytes { sample.take($0) }
        return sample
    }

    @Test func whatIsKeptComesBack() {
        var cache = SampleCache(limit: 8)
        for number in 0..<4 as Range<UInt64> { cache.keep(sample(number), of: id(number)) }
        for number in 0..<4 as Range<UInt64> {
            #expect(cache.sample(of: id(number))?.windows == sample(number).windows)
        }
        #expect(cache.sample(of: id(4)) == nil)
    }

    @Test func theLimitHoldsAndWhatIsUsedStays() {
        var cache = SampleCache(limit: 8)
        let used = sample(1000)
        cache.keep(used, of: id(1000))
        for number in 0..<100 as Range<UInt64> {
            cache.keep(ContentSample(), of: id(number))
            if number % 3 == 0 { #expect(cache.sample(of: id(1000))?.windows == used.windows) }
            #expect(cache.count <= 8)
        }
        #expect(cache.sample(of: id(0)) == nil)
    }
}
