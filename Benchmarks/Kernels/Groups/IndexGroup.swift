import CLinux
import FileIO
import Glibc
import Indexing
import Primitives
import SeededData

/// Measures look-ups in an index of random IDs that lies in one run on disk, and the memory that the index takes.
enum IndexGroup {
    /// Look-ups in a run.
    private static let lookUps = 300_000
    /// Chunks in a claim: those of a segment.
    private static let claimWidth = 32
    private static let runs = 3
    private static let data = "random IDs"

    static func measure(with bench: Bench) throws {
        let folder = try ScratchFolder()
        for count in bench.isQuick ? [1_000_000] : [1_000_000, 10_000_000, 100_000_000] {
            // The run, and the parts that it is merged from.
            let needed = 110 * count + (1 << 30)
            let free = try folder.freeBytes()
            guard free >= needed else {
                let space = "they take \(needed >> 30) GiB, and \(free >> 30) GiB are free"
                try bench.note("index: \(count) chunks are left out: \(space)")
                continue
            }
            try measure(chunkCount: count, in: RunBuilder(chunkCount: count, folder: folder.path), bench)
        }
    }

    private static func measure(chunkCount: Int, in builder: RunBuilder, _ bench: Bench) throws {
        try builder.build()
        var random = SeededRandom(seed: 10)
        let known = (0..<lookUps).map { _ in Digest(numbered: random.next(below: chunkCount)) }
        var nextUnknown = chunkCount
        func unknown(_ count: Int) -> [ChunkID] {
            nextUnknown += count
            return (nextUnknown - count..<nextUnknown).map { Digest(numbered: $0) }
        }
        let neverKnown = unknown(known.count)
        let knownBatches = batches(of: known)

        // What building has freed would be taken again, and the index would seem to need nothing.
        malloc_trim(0)
        let before = try ProcessMemory.anonymousBytes()
        let index = builder.open()
        try report(
            Kernel("look-up, known") { try expect(known.count, known.count { index.isKnown($0) }) }, of: known.count,
            chunkCount, bench)
        try report(
            Kernel("look-up, unknown") { try expect(0, neverKnown.count { index.isKnown($0) }) }, of: known.count,
            chunkCount, bench)
        try report(
            Kernel("claim, known") {
                for batch in knownBatches { try expect(0, index.claim(batch).count) }
            }, of: known.count, chunkCount, bench)
        let memory = try ProcessMemory.anonymousBytes() - before
        // They stay until here: were they freed before, the index would seem to need less.
        withExtendedLifetime((known, neverKnown, knownBatches)) {}
        try bench.report(
            Measurement(
                group: .index, name: "memory", data: data, parameter: "\(chunkCount)",
                value: Double(memory) / Double(chunkCount), unit: "MB/million"))

        // A claim makes its chunks known, so each run takes others; they are made beforehand.
        var fresh = (0..<runs).map { _ in batches(of: unknown(known.count / 4)) }
        try report(
            Kernel("claim, unknown") {
                for batch in fresh.removeLast() { try expect(batch.count, index.claim(batch).count) }
            }, of: known.count / 4, chunkCount, bench)
    }

    private static func batches(of ids: [ChunkID]) -> [[ChunkID]] {
        stride(from: 0, through: ids.count - claimWidth, by: claimWidth).map { Array(ids[$0..<$0 + claimWidth]) }
    }

    private static func report(_ kernel: Kernel, of lookUps: Int, _ chunkCount: Int, _ bench: Bench) throws {
        let (times, _) = try Stopwatch.bestTimes(of: [kernel], .init(leastRuns: runs, leastSeconds: 0))
        try bench.report(
            Measurement(
                group: .index, name: kernel.name, data: data, parameter: "\(chunkCount)",
                value: times[0] / Double(lookUps) * 1e9, unit: "ns", runs: runs))
    }

    private static func expect(_ expected: Int, _ found: Int) throws {
        guard found == expected else {
            throw VarveError(.local, "the index knows \(found) chunks where \(expected) are due")
        }
    }
}

/// A folder for the time of the benchmark.
private final class ScratchFolder {
    let path: BytePath

    init() throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let name = "varve-bench-" + Identifier(from: SystemRandom()).hex
        path = BytePath(parent).appending(name)
        try path.makeDirectory()
    }

    deinit { path.removeFolder() }

    func freeBytes() throws -> Int {
        var figures = statvfs()
        guard statvfs(String(decoding: path.bytes, as: UTF8.self), &figures) == 0 else {
            throw VarveError(.local, "the free space of \(path.display) cannot be told")
        }
        return Int(figures.f_bavail) * Int(figures.f_frsize)
    }
}
