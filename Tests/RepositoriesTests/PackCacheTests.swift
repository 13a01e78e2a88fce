import FileIO
import Primitives
import TemporaryFolders
import TestSupport
import Testing
import Threads

@testable import Repositories

/// What a machine keeps of a distant repository's packs.
struct PackCacheTests {
    private let folder: TemporaryFolder
    private let clock = TickingClock()

    init() throws { folder = try TemporaryFolder() }

    /// As another process would open it.
    private func cache(_ limit: UInt64) -> PackCache {
        PackCache(at: folder.path.appending("packs"), limit: .bytes(limit), clock: clock)
    }

    private func id(_ number: UInt64) -> Digest { Digest(number, 0, 0, 0) }

    private func keep(_ number: UInt64, _ bytes: [UInt8], in cache: PackCache) throws {
        let file = try TemporaryFile.create(in: folder.path)
        try file.file.write(bytes)
        cache.keep(id(number), size: UInt64(bytes.count), in: file)
        // As a backend does that has put it.
        file.discard()
    }

    private func read(_ number: UInt64, at offset: UInt64 = 0, _ count: Int, from cache: PackCache) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return bytes.withUnsafeMutableBytes { cache.read(id(number), at: offset, into: $0) } ? bytes : nil
    }

    private func held(_ numbers: ClosedRange<UInt64>, by cache: PackCache) -> [UInt64] {
        numbers.filter { cache.holds(id($0)) }
    }

    @Test func whatIsKeptOutlastsTheFileItWasMadeIn() throws {
        let first = cache(100)
        #expect(!first.holds(id(1)))
        try keep(1, Array(0..<40), in: first)
        #expect(first.holds(id(1)) && !first.holds(id(2)))
        #expect(read(1, at: 10, 5, from: first) == [10, 11, 12, 13, 14])
        let second = cache(100)
        #expect(read(1, 40, from: second) == Array(0..<40))
        #expect(read(2, 1, from: second) == nil)
        // A file that is shorter than the index says is no pack.
        #expect(read(1, at: 30, 11, from: second) == nil && !second.holds(id(1)))
        #expect(!cache(100).holds(id(1)))
    }

    @Test func whatWasUsedLongestAgoGoes() throws {
        let first = cache(100)
        for number: UInt64 in 1...3 { try keep(number, [UInt8](repeating: 1, count: 30), in: first) }
        let second = cache(100)
        #expect(read(1, 1, from: second) == [1])
        try keep(4, [UInt8](repeating: 1, count: 30), in: second)
        #expect(held(1...4, by: cache(100)) == [1, 3, 4])
        // Nothing larger than all may be, and nothing is removed for it.
        try keep(5, [UInt8](repeating: 1, count: 101), in: cache(100))
        #expect(held(1...5, by: cache(100)) == [1, 3, 4])
        // A smaller limit counts with the next that is kept.
        try keep(6, [UInt8](repeating: 1, count: 20), in: cache(50))
        #expect(held(1...6, by: cache(50)) == [4, 6])
    }

    /// What one process has used or kept is not pushed out by what it keeps later: a long stream would push out its own beginning.
    @Test func whatIsInUseStays() throws {
        let first = cache(100)
        for number: UInt64 in 1...9 { try keep(number, [UInt8](repeating: 1, count: 30), in: first) }
        #expect(held(1...9, by: cache(100)) == [1, 2, 3])
        let second = cache(100)
        #expect(read(1, 1, from: second) == [1] && read(3, 1, from: second) == [1])
        for number: UInt64 in 11...19 { try keep(number, [UInt8](repeating: 1, count: 30), in: second) }
        #expect(held(1...19, by: cache(100)) == [1, 3, 11])
    }

    @Test func whatIsNotWantedIsDropped() throws {
        let first = cache(100)
        for number: UInt64 in 1...3 { try keep(number, [1], in: first) }
        first.dropAll { $0 != id(2) }
        #expect(held(1...3, by: first) == [1, 3])
        first.drop(id(1))
        #expect(held(1...3, by: cache(100)) == [3])
        // Another process may have dropped it.
        let second = cache(100)
        first.drop(id(3))
        #expect(second.holds(id(3)) == false || read(3, 1, from: second) == nil)
        try keep(3, [7], in: second)
        #expect(read(3, 1, from: cache(100)) == [7])
    }

    /// Whoever cannot keep anything goes without.
    @Test func aFolderThatCannotBeMadeIsNoError() throws {
        try folder.write("packs", [1])
        let cache = cache(100)
        try keep(1, [1], in: cache)
        #expect(!cache.holds(id(1)) && read(1, 1, from: cache) == nil)
    }

    @Test func whatNobodyAskedForIsATenthAtMost() {
        let gibibyte: UInt64 = 1 << 30
        #expect(PackCacheLimit.automatic.bytes(holding: 0, available: 10 * gibibyte) == gibibyte)
        #expect(PackCacheLimit.automatic.bytes(holding: 10 * gibibyte, available: 20 * gibibyte) == 3 * gibibyte)
        #expect(PackCacheLimit.automatic.bytes(holding: 0, available: 1000 * gibibyte) == 4 * gibibyte)
        #expect(PackCacheLimit.automatic.bytes(holding: 0, available: .max) == 4 * gibibyte)
        #expect(PackCacheLimit.automatic.bytes(holding: 0, available: nil) == 0)
        #expect(PackCacheLimit.bytes(7).bytes(holding: 100, available: 0) == 7)
        #expect(PackCacheLimit.off.bytes(holding: 100, available: 100) == 0)
    }
}

/// A clock that no two readings of show the same.
private struct TickingClock: Clock {
    private let seconds = Locked<Int64>(1_700_000_000)

    func now() -> Timestamp {
        seconds.withLock { seconds in
            seconds += 1
            return Timestamp(seconds: seconds, nanoseconds: 0)
        }
    }

    func monotonicSeconds() -> Double { Double(now().seconds) }
}
