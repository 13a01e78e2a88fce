import FileIO
import Simulator
import TemporaryFolders
import Testing

/// A run leaves nothing behind in memory, however its processes ended.
struct MemoryTests {
    @Test func manyRunsTakeNoMoreMemoryThanSome() throws {
        let folder = try TemporaryFolder()
        func play(_ seeds: Range<UInt64>) throws {
            for seed in seeds {
                let scratch = folder.path.appending("\(seed)")
                try scratch.makeDirectory()
                let run = SimulationRun(seed: seed, scratch: scratch) { text, _ in fatalError("seed \(seed): \(text)") }
                _ = run.run()
            }
        }
        try play(1..<11)
        let before = try pages()
        try play(11..<61)
        // Address space, in pages of 4 KiB: buffers that nobody gives back count even where nobody has written to them.
        #expect(try pages() < before + 5000)
    }

    private func pages() throws -> Int {
        let text = String(decoding: try OpenFile.open("/proc/self/statm").readAll(limit: 4096), as: UTF8.self)
        return try #require(text.split(separator: " ").first.flatMap { Int($0) })
    }
}
