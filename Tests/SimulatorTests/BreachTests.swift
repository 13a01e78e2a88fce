import FileIO
import Simulator
import TemporaryFolders
import Testing

/// The simulator notices when a promise is broken that the protocol stands on, and is silent where none is.
struct BreachTests {
    private let folder = try? TemporaryFolder()

    private func play(_ seed: UInt64, _ breach: Breach?) throws -> SimulationRun.Outcome {
        let scratch = try #require(folder).path.appending("\(seed)")
        try scratch.makeDirectory()
        let run = SimulationRun(seed: seed, scratch: scratch, breach: breach) { text, trace in
            fatalError("seed \(seed): \(text)\n" + trace.lines.suffix(100).joined(separator: "\n"))
        }
        return run.run()
    }

    /// What is wrong in the runs of some seeds, up to the first in which anything is.
    private func violations(seeds: ClosedRange<UInt64>, _ breach: Breach? = nil) throws -> [String] {
        for seed in seeds {
            let found = try play(seed, breach).violations
            if !found.isEmpty { return found.map { "seed \(seed): \($0)" } }
        }
        return []
    }

    @Test func nothingIsWrongWhereAllKeepTheirPromises() throws {
        #expect(try violations(seeds: 1...12) == [])
    }

    private static let rare: Set<Breach> = [.hidesLocks, .hidesCondemnations, .hidesVoids]

    /// Those that show within few runs. The others take more, since another rule stands behind the one that they break (void records behind
    /// anchors, anchors behind void records): `tools/simulate --breach NAME`.
    @Test(arguments: Breach.allCases.filter { !rare.contains($0) })
    func isNoticed(_ breach: Breach) throws {
        #expect(try !violations(seeds: 1...100, breach).isEmpty)
    }

    /// Where randomness fails, keys are used twice, and still no nonce stands for two contents.
    @Test func noncesKeepContentsApartWhereKeysRepeat() throws {
        var sealed = 0
        for seed in 1...15 as ClosedRange<UInt64> {
            let outcome = try play(seed, .repeatsRandomness)
            #expect(!outcome.isNonceReused, "seed \(seed)")
            sealed += outcome.sealed
        }
        #expect(sealed > 100)
    }
}
