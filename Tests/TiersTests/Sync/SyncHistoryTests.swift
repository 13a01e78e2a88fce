import Backends
import Primitives
import Repositories
import SeededData
import Snapshots
import TestSupport
import Testing
import Threads

@testable import Tiers

/// Histories by a seed: backups, forgets, prunes and tags at two places, syncs in both directions, and everything stays whole.
struct SyncHistoryTests {
    private struct History {
        var random: SeededRandom
        let places: [Place]
        /// What each snapshot was made of.
        var wanted: [Digest: [UInt8]] = [:]
        var streams: [[UInt8]]
        /// What was removed on purpose, place by place.
        var forgotten: [Set<Digest>] = [[], []]

        init(_ seed: UInt64) throws {
            var random = SeededRandom(seed: seed)
            let place = try Place.make(isEncrypted: seed % 3 == 0)
            places = [place, try place.makeTier()]
            streams = [random.text(400_000), random.text(150_000)]
            self.random = random
        }

        mutating func step() throws {
            let number = Int(random.next() % 2)
            let place = places[number]
            switch random.next() % 10 {
            case 0...2:
                let stream = Int(random.next() % 2)
                streams[stream] = random.edit(streams[stream])
                let snapshot = try place.backUp("s\(stream)", streams[stream])
                wanted[snapshot.id] = streams[stream]
            case 3...5: try sync(places[number], places[1 - number])
            case 6...7:
                guard let victim = try place.snapshots().randomElement(using: &random) else { return }
                try place.forget([victim])
                forgotten[number].insert(victim.origin)
            case 8:
                guard let chosen = try place.snapshots().randomElement(using: &random) else { return }
                let change = TagChange.edit(add: ["t\(random.next() % 100)"], remove: [])
                _ = try TagRun(place.test().repository, change, width: 2, cancellation: Cancellation()).run(chosen)
            default: if try !place.snapshots().isEmpty { try place.prune() }
            }
        }
    }

    @Test(arguments: 0..<12) func everythingStaysWhole(_ seed: UInt64) throws {
        var history = try History(seed)
        for step in 0..<20 {
            try history.step()
            for (place, forgotten) in zip(history.places, history.forgotten) {
                for snapshot in try place.snapshots() {
                    #expect(!forgotten.contains(snapshot.origin), "seed \(seed), step \(step)")
                }
            }
        }
        try sync(history.places[0], history.places[1])
        try sync(history.places[1], history.places[0])
        for (number, place) in history.places.enumerated() {
            try #expect(place.damage() == [], "seed \(seed)")
            let found = try contents(of: place)
            for (origin, bytes) in found { #expect(history.wanted[origin] == bytes, "seed \(seed)") }
            // Each place has all that the other has and that it did not forget.
            let other = Set(try history.places[1 - number].snapshots().map(\.origin))
            #expect(Set(found.keys).isSuperset(of: other.subtracting(history.forgotten[number])), "seed \(seed)")
        }
    }
}
