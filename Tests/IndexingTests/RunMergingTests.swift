import Testing

@testable import Indexing

@Suite("Which runs are merged")
struct RunMergingTests {
    @Test("few runs are left alone")
    func few() {
        #expect(RunMerging.choice(among: []) == [])
        #expect(RunMerging.choice(among: [5, 5, 5, 5, 5, 5]) == [])
    }

    @Test("of many, the smallest are taken, and each that is at most twice what is taken already")
    func many() {
        #expect(RunMerging.choice(among: [1, 1, 1, 1, 1, 1, 1]) == [0, 1, 2, 3, 4, 5, 6])
        #expect(RunMerging.choice(among: [0, 0, 0, 0, 0, 0, 0]) == [0, 1, 2, 3, 4, 5, 6])
        #expect(RunMerging.choice(among: [1, 1, 1, 13, 1, 1, 1]) == [0, 1, 2, 4, 5, 6])
        #expect(RunMerging.choice(among: [1, 1, 1, 12, 1, 1, 1]) == [0, 1, 2, 3, 4, 5, 6])
        #expect(RunMerging.choice(among: [900, 300, 100, 30, 9, 2, 1]) == [5, 6])
        #expect(RunMerging.choice(among: [900, 300, 100, 30, 6, 2, 1]) == [4, 5, 6])
        #expect(RunMerging.choice(among: [900, 300, 100, 30, 9, 2, 1, 90_000]) == [4, 5, 6])
        #expect(RunMerging.choice(among: [0, 9, 9, 9, 9, 9, 1]) == [0, 6])
    }

    @Test("a look-up has few places to go to, and a chunk is seldom written anew, however long a session lasts")
    func growth() {
        var runs: [Int] = []
        var written = 0
        for added in 1...1000 {
            runs.append(1)
            let chosen = RunMerging.choice(among: runs)
            if !chosen.isEmpty {
                let merged = chosen.reduce(0) { $0 + runs[$1] }
                runs = runs.indices.filter { !chosen.contains($0) }.map { runs[$0] } + [merged]
                written += merged
            }
            #expect(runs.count <= RunMerging.limit)
            #expect(runs.reduce(0, +) == added)
        }
        #expect(written < 6 * 1000)
    }
}
