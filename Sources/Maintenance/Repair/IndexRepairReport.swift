import Primitives

/// What repairing the index came to, or would.
package struct IndexRepairReport: Sendable {
    /// Packs whose own directories were read.
    package var packs = 0
    /// Packs that were named anew.
    package var namedPacks: [Digest] = []
    /// Packs that the index named and that are gone.
    package var missingPacks: [Digest] = []
    /// Packs of which nobody knows what is in them.
    package var unknownPacks: [Digest] = []
    /// Index objects that were replaced.
    package var replacedObjects: [Digest] = []
    /// Objects that could not be read and were set aside, and why.
    package var objectsSetAside: [VarveError] = []
    /// Objects that cannot be read and are still there, and why.
    package var unreadableObjects: [VarveError] = []

    package init() {}

    /// Whether the index was as the packs say.
    package var isUnchanged: Bool {
        namedPacks.isEmpty && replacedObjects.isEmpty && objectsSetAside.isEmpty && unreadableObjects.isEmpty
    }
}
