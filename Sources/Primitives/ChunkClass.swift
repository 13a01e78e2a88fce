/// What a chunk holds; part of its ID, so that content can never pass for metadata (`format-spec/keys.md`, "Chunk IDs").
public enum ChunkClass: UInt8, Sendable, CaseIterable {
    case data = 1
    case list = 2
    case tree = 3

    /// The type of pack that holds chunks of this class.
    public var packType: ObjectType { self == .data ? .dataPack : .metadataPack }
}
