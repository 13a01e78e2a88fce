import Primitives

/// Says what determines the stored bytes of a segment without hashing them (`format-spec/sealing.md`).
package struct SegmentDeterminant: Sendable {
    package let bytes: [UInt8]

    /// - Parameters:
    ///   - level: the compression level; counts as 0 with codec 0, as does `zstdVersion`.
    ///   - zstdVersion: the version number of the library, 10504 for 1.5.4.
    ///   - chunks: ID and length of each chunk of the segment, in order.
    ///   - bases: the IDs of the base chunks, in order; only with codec 2.
    package init(
        codec: UInt8, level: Int8, zstdVersion: UInt32, chunks: some Collection<(id: ChunkID, length: UInt32)>,
        bases: some Collection<ChunkID>
    ) {
        var writer = ByteWriter(reservingCapacity: 14 + 36 * chunks.count + 32 * bases.count)
        writer.append(codec)
        writer.appendInteger(codec == 0 ? 0 : level)
        writer.appendInteger(codec == 0 ? 0 : zstdVersion)
        writer.appendInteger(UInt32(chunks.count))
        for chunk in chunks {
            writer.append(chunk.id)
            writer.appendInteger(chunk.length)
        }
        writer.appendInteger(UInt32(bases.count))
        for base in bases { writer.append(base) }
        bytes = writer.bytes
    }

    /// Of a segment that was compressed elsewhere, nobody knows how: its stored bytes themselves.
    package init(copying stored: UnsafeRawBufferPointer) {
        bytes = [0xFF] + stored
    }
}
