import Primitives

/// Computes chunk IDs (`format-spec/keys.md`, "Chunk IDs"). A call does not allocate.
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

    /// The ID of a chunk of class `class` with these plain bytes.
    package func id(of bytes: UnsafeRawBufferPointer, as class: ChunkClass) -> ChunkID {
        var hasher = states?.inner ?? SHA256Hasher()
        hasher.update(`class`.rawValue)
        hasher.update(bytes)
        return states?.code(finishing: hasher) ?? hasher.finalized()
    }
}
