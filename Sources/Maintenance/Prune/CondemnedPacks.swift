import Primitives
import Repositories

/// Packs that are going, and the sessions that are waited for before they may.
package struct CondemnedPacks: Hashable, Sendable {
    package var packs: Set<Digest>
    /// Whom drain records name for them.
    package var recordedAnchors: Set<IndexRecord.AnchorName>
    /// Packs among them that no condemn record names yet.
    package var uncondemned: Set<Digest>
    /// Packs among them that no drain record names yet.
    package var undrained: Set<Digest>

    /// What is to be condemned now.
    package init(condemning packs: some Sequence<Digest>) {
        self.packs = Set(packs)
        recordedAnchors = []
        uncondemned = self.packs
        undrained = self.packs
    }

    /// What others condemned and did not bring to an end: their recorded anchors are waited for, and no newer session.
    ///
    /// - Parameters:
    ///   - condemned: all packs that were ever condemned.
    ///   - known: packs that are in `data/` or in the index.
    package init(leftOf condemned: Set<Digest>, known: (Digest) -> Bool, drains: [DrainRecord]) {
        let left = condemned.filter(known)
        let applying = drains.filter { !left.isDisjoint(with: $0.packs) }
        packs = left
        recordedAnchors = Set(applying.flatMap(\.anchors))
        uncondemned = []
        undrained = left.subtracting(applying.flatMap(\.packs))
    }

    package var isEmpty: Bool { packs.isEmpty }
}

/// The sessions of which nothing counts any more that they still put.
package enum SessionVoiding {
    /// - Parameters:
    ///   - drains: all drain records; read before `anchors` were listed.
    ///   - writers: the sessions that wrote the packs that are going, which none that is at work did. A storage may lose an anchor before any
    ///     record names it, and show a snapshot long after it was put.
    ///   - anchors: the names in a listing of `locks/`.
    ///   - snapshots: the sessions of all snapshots in a listing that came after that of `locks/`.
    ///   - void: those that are known to be void.
    package static func sessions(
        drains: [DrainRecord], writers: Set<Identifier>, anchors: Set<Digest>, snapshots: Set<Identifier>,
        void: Set<Identifier>
    ) -> [Identifier] {
        Set(drains.flatMap(\.anchors).filter { !anchors.contains($0.name) }.map(\.session))
            .union(writers).subtracting(snapshots).subtracting(void)
            .sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }

    /// The drain records that say nothing any more: their packs are gone, and each of their sessions is void or came to its end.
    package static func finishedDrains(
        _ drains: [DrainRecord], isKnown: (_ pack: Digest) -> Bool, anchors: Set<Digest>, snapshots: Set<Identifier>,
        void: Set<Identifier>
    ) -> [Digest] {
        drains.filter { drain in
            !drain.packs.contains(where: isKnown)
                && drain.anchors.allSatisfy { anchor in
                    !anchors.contains(anchor.name)
                        && (snapshots.contains(anchor.session) || void.contains(anchor.session))
                }
        }.map(\.name).sorted()
    }
}
