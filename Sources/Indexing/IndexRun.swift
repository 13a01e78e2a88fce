import FileIO
import Primitives

/// A sorted part of the index: what some index objects say, in a file of this machine's cache. All but its chunks is
/// mapped into memory.
///
/// Layout (native little endian; private to this machine, rebuilt where it does not check out): a header of ten words
/// — magic, then the number of covered objects, packs, segments, bases, buckets and chunks, a checksum of the tables,
/// the size of the file, zero — then the tables: covered names (32 bytes each), packs (168), segments (32), bases (32),
/// where each bucket begins (4, one more than buckets), fingerprints (2, padded to 8), chunks (48), sorted by ID.
///
/// A look-up goes to the bucket of the ID, about 16 fingerprints wide, and from a fingerprint that matches to the
/// chunk. So an unknown ID touches two cache lines and no chunk, but for one in 4,000.
///
/// Fingerprints and chunks are not under the checksum, which is read whenever a run is opened. Each chunk has a check
/// of its own instead, so damage there can hide a chunk and cannot make it seem to be where it is not.
package final class IndexRun: Sendable {
    static let magic: UInt64 = 0x3258_4449_5652_5601

    private let file: MappedFile
    /// Valid while this object lives.
    nonisolated(unsafe) let tables: RunTables
    /// Where the file is, if it has a lasting name.
    let path: BytePath?
    /// The names of the index objects whose content this is.
    package let covered: [Digest]
    package let packs: [IndexedPack]

    /// Maps a run and checks its tables; `nil` where it is damaged or of another layout.
    package init?(_ mapped: MappedFile, at path: BytePath? = nil) {
        defer { withExtendedLifetime(mapped) {} }
        let bytes = mapped.bytes
        guard bytes.count >= RunLayout.headerSize else { return nil }
        func word(_ index: Int) -> UInt64 { bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) }
        guard word(0) == IndexRun.magic, word(8) == UInt64(bytes.count), word(9) == 0 else { return nil }
        // Every table is smaller than the file, so no sum of theirs can overflow.
        guard (1...6).allSatisfy({ word($0) <= UInt64(bytes.count) }) else { return nil }
        let layout = RunLayout(
            covered: Int(word(1)), packs: Int(word(2)), segments: Int(word(3)), bases: Int(word(4)),
            chunks: Int(word(6)))
        guard layout.fileSize == bytes.count, word(5) == UInt64(layout.buckets) else { return nil }
        let checked = UnsafeRawBufferPointer(rebasing: bytes[RunLayout.headerSize..<layout.fingerprintsStart])
        guard RunChecksum.of(checked) == word(7) else { return nil }
        let tables = RunTables(bytes: bytes, descriptor: mapped.file.descriptor, layout: layout)
        // What refers from one table to another is followed without a further look.
        for number in 0..<layout.segments {
            let segment = tables.segment(number)
            guard segment.pack < layout.packs, Int(segment.firstBase) + Int(segment.baseCount) <= layout.bases else {
                return nil
            }
        }
        file = mapped
        self.tables = tables
        self.path = path
        covered = (0..<layout.covered).map { tables.digest(at: RunLayout.headerSize + $0 * 32) }
        packs = (0..<layout.packs).map { number in
            let start = layout.packsStart + number * 168
            return IndexedPack(
                id: tables.digest(at: start), size: bytes.loadUnaligned(fromByteOffset: start + 32, as: UInt64.self),
                header: Array(bytes[start + 40..<start + 168]))
        }
    }

    package var chunkCount: Int { tables.layout.chunks }

    /// Whether every chunk is as it was written, and its fingerprint with it; reads the whole file.
    var isWhole: Bool {
        defer { withExtendedLifetime(self) {} }
        var scan = RunScan(tables)
        var row = 0
        do throws(RunScan.Damage) {
            while let chunk = try scan.next() {
                guard tables.fingerprint(of: row) == ChunkRow.fingerprint(of: chunk.id) else { return false }
                row += 1
            }
            return true
        } catch {
            return false
        }
    }
}
