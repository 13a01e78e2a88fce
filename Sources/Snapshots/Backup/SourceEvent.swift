import Primitives
import Threads

/// What a source comes across, in the order of a walk: folders are entered and left, and between chunks and the end of a content
/// nothing else comes.
enum SourceEvent: Sendable {
    /// The chunks that come next are of a content that stood in the parent; comes before any of them.
    case beginContent(parent: ContentReference)
    /// A chunk of the content that is being read: where it lies in the batch.
    case chunk(Range<Int>)
    /// The chunks since the last content are that of this file or stream.
    case endContent(TreeEntry)
    /// The chunks since the last content belong to a file that could not be read to its end.
    case abandonContent
    /// Something whose content is known, or that has none.
    case entry(TreeEntry)
    /// What comes next is in this folder, which stood in the parent as `parent`.
    case enterFolder(TreeEntry, parent: TreeEntry.Subtree?)
    case leaveFolder
}

/// About 1 MiB of a source: bytes in one buffer, and what they are.
struct SourceBatch: Sendable {
    let buffer: Buffer
    let events: [SourceEvent]
    /// The IDs of its chunks, in their order.
    let ids: Promise<[ChunkID]>
}
