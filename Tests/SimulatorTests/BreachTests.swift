import FileIO
import Simulator
import TemporaryFolders
import Testing

/// The simulator notices when a promise is broken that the protocol stands on, and is silent where none is.
struct BreachTests {
    private let folder = try? TemporaryFolder()

    /// What is wrong in the runs of some seeds, up to the first in which anything is.
    private func violations(seeds: ClosedRange<UInt64>, _ breach: Breach? = nil) throws -> [String] {
        let folder = try #require(folder)
        for seed in seeds {
            let scratch = folder.path.appending("\(seed)")
            try scratch.makeDirectory()
            let run = SimulationRun(seed: seed, scratch: scratch, breach: breach) { text, trace in
                fatalError("seed \(seed): \(text)\n" + trace.lines.suffix(100).joined(separator: "\n"))
            }
            let found = run.run().violations
            if !found.isEmpty { return found.map { "seed \(seed): \($0)" } }
        }
        return []
    }

    @Test func nothingIsWrongWhereAllKeepTheirPromises() throws {
        #expect(try violations(seeds: 1...12) == [])
    }

    /// Those that show within few runs. A breach about `locks/` takes some hundreds: `tools/simulate --breach NAME`.
    @Test(arguments: [Breach.losesPacks, .repeatsRandomness, .hidesDamage])
    func isNoticed(_ breach: Breach) throws {
        #expect(try !violations(seeds: 1...60, breach).isEmpty)
    }
}
