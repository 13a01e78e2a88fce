import FileIO
import Glibc
import Indexing
import Primitives

/// Makes an index of numbered chunks: in parts, as index objects are read, and merged to one run.
struct RunBuilder {
    private static let chunksPerSegment = 32
    private static let segmentsPerPack = 64
    /// Chunks of a part, which lies in memory until it is written.
    private static let partSize = 4_000_000
    /// As many runs are merged to one; fewer would stay.
    private static let leastParts = 7

    let chunkCount: Int
    let folder: BytePath
    private let runs: BytePath
    private let parts: Int

    init(chunkCount: Int, folder: BytePath) {
        self.chunkCount = chunkCount
        self.folder = folder
        runs = folder.appending("runs")
        parts = max(RunBuilder.leastParts, chunkCount / RunBuilder.partSize)
    }

    private var cache: RunCache { RunCache(folder: runs, temporaryFolder: folder) }
    /// Stands for the index object that a part was read from.
    private func name(ofPart part: Int) -> Digest { Digest(numbered: -1 - part) }

    func build() throws {
        runs.removeFolder()
        try runs.makeDirectory()
        var written: [IndexRun] = []
        for part in 0..<parts {
            let numbers = part * chunkCount / parts..<(part + 1) * chunkCount / parts
            written.append(try cache.store(table(of: numbers), covering: [name(ofPart: part)]))
        }
        let merged = try cache.merging(written)
        guard merged.count == 1 else {
            throw VarveError(.local, "\(parts) parts of the index were merged to \(merged.count)")
        }
    }

    /// Opens what was built, which removes the parts, with every pack usable. The files go with the index.
    func open() -> ChunkIndex {
        let index = ChunkIndex(folder: folder)
        for run in cache.load(among: Set((0..<parts).map(name(ofPart:)))) { index.mount(run) }
        index.setUsable(damagedSegments: []) { _ in true }
        runs.removeFolder()
        return index
    }

    private func table(of numbers: Range<Int>) -> IndexTable {
        var table = IndexTable()
        let packSize = RunBuilder.chunksPerSegment * RunBuilder.segmentsPerPack
        for first in stride(from: numbers.lowerBound, to: numbers.upperBound, by: packSize) {
            let pack = IndexedPack(
                id: Digest(numbered: ~first), size: 32 << 20,
                header: [UInt8](repeating: 0, count: ObjectHeader.byteCount))
            table.add(pack, segments(of: first..<min(first + packSize, numbers.upperBound)))
        }
        return table
    }

    private func segments(of numbers: Range<Int>) -> [IndexedSegment] {
        stride(from: numbers.lowerBound, to: numbers.upperBound, by: RunBuilder.chunksPerSegment).map { first in
            let chunks = first..<min(first + RunBuilder.chunksPerSegment, numbers.upperBound)
            return IndexedSegment(
                offset: UInt32(128 + (first - numbers.lowerBound) * 16_000), sealedLength: 400_000,
                rawLength: UInt32(chunks.count << 15), codec: 1, chunkClass: ChunkClass.data.rawValue, bases: [],
                chunks: chunks.map { (id: Digest(numbered: $0), length: 1 << 15) })
        }
    }
}

extension BytePath {
    /// Removes a folder and the files in it, as far as possible; what is mapped stays readable.
    func removeFolder() {
        if let directory = try? OpenFile.open(self, .readOnly, .directory),
            let names = try? DirectoryListing(of: directory)
        {
            for name in names {
                if (try? directory.removeFile(name)) == nil { appending(name).removeFolder() }
            }
        }
        _ = rmdir(String(decoding: bytes, as: UTF8.self))
    }
}
