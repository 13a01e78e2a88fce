/// How the tags of a snapshot shall change.
package enum TagChange: Hashable, Sendable {
    /// These instead of those that there are.
    case set([String])
    case edit(add: [String], remove: [String])

    /// The tags afterwards, each once, those that stay in their order.
    package func applied(to tags: [String]) -> [String] {
        var seen: Set<String> = []
        switch self {
        case .set(let new): return new.filter { seen.insert($0).inserted }
        case .edit(let added, let removed):
            return (tags + added).filter { !removed.contains($0) && seen.insert($0).inserted }
        }
    }
}
