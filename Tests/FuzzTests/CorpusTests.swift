import FoundationEssentials
import FuzzTargets
import SeededData
import Testing

private let names = TargetList.all.map { $0.name }

/// The seeds of `Tests/FuzzCorpus`, and what `tools/fuzz` once found, through the functions that it calls.
struct CorpusTests {
    private func target(_ name: String) throws -> any FuzzTarget {
        let type = try #require(TargetList.named(name))
        return try type.init()
    }

    private func corpus(_ name: String) throws -> [(name: String, bytes: [UInt8])] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let folder = tests.appending(path: "FuzzCorpus").appending(path: name)
        return try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted().map { file in
            (file, Array(try Data(contentsOf: folder.appending(path: file))))
        }
    }

    @Test(arguments: names) func seedsHoldWhatMustHold(name: String) throws {
        let target = try target(name)
        let seeds = try corpus(name)
        var taken = 0
        for seed in seeds {
            do {
                if try target.check(seed.bytes) { taken += 1 }
            } catch {
                Issue.record("\(name)/\(seed.name): \(error)")
            }
        }
        // A corpus that no longer fits the format would let nothing reach the decoder.
        #expect(taken > 0, "no seed of \(name) is taken for an object")
    }

    /// A little of what the fuzzer does, the same at every run: bytes changed, left out, repeated, put together from two seeds.
    @Test(arguments: names) func changedSeedsHoldWhatMustHold(name: String) throws {
        let target = try target(name)
        let seeds = try corpus(name).map(\.bytes)
        var random = SeededRandom(seed: 0xF022)
        for round in 0..<1000 {
            let seed = seeds[Int.random(in: 0..<seeds.count, using: &random)]
            let other = seeds[Int.random(in: 0..<seeds.count, using: &random)]
            let bytes = changed(seed, other, &random)
            do {
                _ = try target.check(bytes)
            } catch {
                Issue.record("\(name), round \(round): \(error)")
            }
        }
    }

    private func changed(_ seed: [UInt8], _ other: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var bytes = seed
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...8, using: &random)))
            case 3: bytes.insert(contentsOf: bytes[place...].prefix(40), at: place)
            default: bytes = Array(bytes[..<place] + other.dropFirst(place))
            }
        }
        return bytes
    }
}
