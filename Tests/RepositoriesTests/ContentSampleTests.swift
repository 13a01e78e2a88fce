import SeededData
import Testing

@testable import Repositories

struct ContentSampleTests {
    private func sample(_ bytes: ArraySlice<UInt8>) -> ContentSample {
        var sample = ContentSample()
        bytes.withUnsafeBytes { sample.take($0) }
        return sample
    }

    private func random(_ count: Int, seed: UInt64) -> [UInt8] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    @Test func aboutOneWindowInFiveHundredIsTaken() {
        let windows = sample(random(1 << 20, seed: 1)[...]).windows.count
        #expect((1700...2500).contains(windows))
    }

    /// What is the same is sampled the same, wherever it stands.
    @Test(arguments: [1, 7, 64, 193, 4096]) func windowsHangOnContentAlone(shift: Int) {
        let bytes = random(100_000, seed: 2)
        let all = Set(sample(bytes[...]).windows)
        let shifted = sample(bytes[shift...]).windows
        #expect(!shifted.isEmpty && shifted.allSatisfy(all.contains))
        #expect(Set(sample((random(shift, seed: 3) + bytes)[...]).windows).isSuperset(of: all))
    }

    @Test func otherContentSharesNothing() {
        let first = Set(sample(random(200_000, seed: 4)[...]).windows)
        #expect(first.isDisjoint(with: sample(random(200_000, seed: 5)[...]).windows))
    }

    /// Nothing before the bytes or behind them is looked at, and what is short gives nothing.
    @Test(arguments: [0, 1, 31, 32, 191, 192, 193, 255, 256, 1000]) func shortContents(count: Int) {
        let bytes = random(3000, seed: 6)
        var other = random(3000, seed: 7)
        other.replaceSubrange(1000..<1000 + count, with: bytes[1000..<1000 + count])
        #expect(sample(bytes[1000..<1000 + count]).windows == sample(other[1000..<1000 + count]).windows)
        if count < 192 { #expect(sample(bytes[1000..<1000 + count]).windows.isEmpty) }
    }

    @Test func aSampleIsTakenAnew() {
        let bytes = random(50_000, seed: 8)
        var sample = sample(random(50_000, seed: 9)[...])
        bytes.withUnsafeBytes { sample.take($0) }
        #expect(sample.windows == self.sample(bytes[...]).windows)
    }
}
