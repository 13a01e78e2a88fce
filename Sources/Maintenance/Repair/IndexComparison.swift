import Primitives

/// What index objects say of packs, beside what the packs say of themselves: which objects are wrong, and which packs must be named anew.
package struct IndexComparison: Sendable {
    /// What a pack says of itself.
    package enum Standing: Hashable, Sendable {
        /// Its tail, in short: the same for the same size, header and directory.
        case readable(Digest)
        /// It is there, and its tail cannot be read. The index is the only one to know what is in it.
        case unreadable
    }

    /// For each index object what it says of each pack, in short.
    private let objects: [Digest: [Digest: Digest]]
    private let packs: [Digest: Standing]

    /// - Parameter packs: those that are there.
    package init(objects: [Digest: [Digest: Digest]], packs: [Digest: Standing]) {
        self.objects = objects
        self.packs = packs
    }

    private func isRight(_ pack: Digest, _ word: Digest) -> Bool {
        switch packs[pack] {
        case .readable(let own): own == word
        case .unreadable: true
        case nil: false
        }
    }

    /// The index objects that name a pack which is not there, or say of one what it does not say of itself.
    package var wrongObjects: [Digest] {
        objects.filter { !$0.value.allSatisfy { isRight($0.key, $0.value) } }.map(\.key).sorted()
    }

    /// The packs that no index object names but wrong ones.
    private var unnamed: [Digest] {
        let wrong = Set(wrongObjects)
        let named = Set(objects.filter { !wrong.contains($0.key) }.flatMap(\.value.keys))
        return packs.keys.filter { !named.contains($0) }.sorted()
    }

    /// Packs to be named anew, by what they say of themselves.
    package var packsToName: [Digest] {
        unnamed.filter { packs[$0] != .unreadable }
    }

    /// Packs to be named anew by what a wrong index object says of them, because they say nothing themselves; each with that object.
    package var packsToCarryOver: [(pack: Digest, object: Digest)] {
        let wrong = wrongObjects
        return unnamed.compactMap { pack in
            guard packs[pack] == .unreadable else { return nil }
            return wrong.first { objects[$0]?[pack] != nil }.map { (pack, $0) }
        }
    }

    /// Packs of which nobody knows what is in them.
    package var unknownPacks: [Digest] {
        let carried = Set(packsToCarryOver.map(\.pack))
        return unnamed.filter { packs[$0] == .unreadable && !carried.contains($0) }
    }

    /// Packs that index objects name and that are not there.
    package var missingPacks: [Digest] {
        Set(objects.values.flatMap(\.keys)).filter { packs[$0] == nil }.sorted()
    }
}
