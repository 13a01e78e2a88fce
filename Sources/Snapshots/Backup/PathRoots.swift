import FileIO

/// The paths to back up as one tree from `/` on: which folders are only on the way, and which are wanted with all that is in them.
struct PathRoots: Equatable {
    /// Wanted with all that is in it; what was wanted below is then part of it.
    private(set) var isWanted = false
    private var children: [[UInt8]: PathRoots] = [:]

    init(_ paths: [BytePath]) {
        for path in paths { insert(path.components[...]) }
    }

    private init() {}

    private mutating func insert(_ components: ArraySlice<[UInt8]>) {
        if isWanted { return }
        guard let first = components.first else {
            isWanted = true
            children = [:]
            return
        }
        children[first, default: PathRoots()].insert(components.dropFirst())
    }

    /// What is below, in ascending order of names.
    var sortedChildren: [(name: [UInt8], roots: PathRoots)] {
        children.map { ($0.key, $0.value) }.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }
}
