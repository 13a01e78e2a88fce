import Primitives

/// Computes chunk IDs (`format-spec/keys.md`, "Chunk IDs").
package struct ChunkHasher: Sendable {
    /// `nil` in a repository that is not encrypted.
    private let states: KeyedStates?

    /// - Parameter key: K_id, 32 bytes.
    package init(key: UnsafeRawBufferPointer) {
        precondition(key.count == 32, "K_id has 32 bytes")
        states = KeyedStates(key: key)
    }

    /// For a repository that is not encrypted.
    package init() {
        states = nil
    }

    /// The ID of a chunk of class `class` with these plain bytes. Does not allocate.
    package func id(of bytes: UnsafeRawBufferPointer, as class: ChunkClass) -> ChunkID {
        var hasher = states?.inner ?? SHA256Hasher()
        hasher.update(`class`.rawValue)
        hasher.update(bytes)
        return states?.code(finishing: hasher) ?? hasher.finalized()
    }

    /// What hashes several chunks in this process: `sha-ni`, two messages at once, or `openssl`.
    package static var kernel: String { SHA256Lanes.areAvailable ? "sha-ni" : "openssl" }

    /// The IDs of several chunks, in their order; faster than one by one where the processor can.
    package func ids(of chunks: [UnsafeRawBufferPointer], as class: ChunkClass) -> [ChunkID] {
        guard chunks.count > 1, SHA256Lanes.areAvailable else { return chunks.map { id(of: $0, as: `class`) } }
        let beginning = SHA256Lanes.Beginning(
            state: (states?.inner ?? SHA256Hasher()).state, byteCount: states == nil ? 0 : SHA256Lanes.blockSize,
            firstByte: `class`.rawValue, outer: states?.outer.state)
        return SHA256Lanes.digests(of: chunks, from: beginning)
    }
}
