import Primitives
import Repositories

/// Writes down which packs and segments are damaged, so that writers store what they held again (`format-spec/index.md`, "Records").
struct DamageRecording {
    private let repository: Repository
    private let known: Set<IndexRecord.DamagedPart>

    /// - Parameter known: the parts that damage records name already.
    init(in repository: Repository, known: Set<IndexRecord.DamagedPart>) {
        self.repository = repository
        self.known = known
    }

    /// Whether a record names the part, or the whole of its pack.
    func isKnown(_ part: IndexRecord.DamagedPart) -> Bool {
        known.contains(part) || known.contains(IndexRecord.DamagedPart(pack: part.pack, segment: nil))
    }

    /// Puts a record of those that no other names; gives how many these are.
    func record(_ parts: some Sequence<IndexRecord.DamagedPart>) throws(VarveError) -> Int {
        let new = Set(parts).filter { !isKnown($0) }.sorted {
            ($0.pack, $0.segment ?? .max) < ($1.pack, $1.segment ?? .max)
        }
        if new.isEmpty { return 0 }
        try repository.backend.prepareForWriting()
        try repository.putRecord(.damage(new))
        return new.count
    }
}
