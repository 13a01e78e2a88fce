import Primitives

/// What became of a damaged pack, or would.
package struct SalvagedPack: Sendable {
    package let id: Digest
    /// Bytes of the pack as it is listed.
    package let size: UInt64
    /// Whether it is known what is in it.
    package internal(set) var isKnown = true
    /// Plain bytes of chunks that were copied into new packs.
    package internal(set) var savedBytes: UInt64 = 0
    package internal(set) var savedChunks: UInt64 = 0
    /// Plain bytes of chunks that can be had from nowhere.
    package internal(set) var lostBytes: UInt64 = 0
    package internal(set) var lostChunks: UInt64 = 0
}
