import SeededData

/// A small folder of files: what is in it at one moment.
struct FileTree: Sendable {
    /// What stands under a name. No two files ever have one number, and no two states of a file have one version.
    struct Node: Sendable {
        enum Kind: Sendable {
            case file([UInt8])
            case folder
            case link(to: String)
        }

        var kind: Kind
        let number: Int
        var version: Int
    }

    /// By their paths; folders stand before what is in them. Names of one file have one node.
    private(set) var nodes: [String: Node] = [:]
    private var lastNumber = 0
    private var lastVersion = 0

    private static let names = ["a", "b", "c", "notes.txt", "x-1", "x.2"]

    /// All that is there, in an order in which it can be made.
    var sorted: [(path: String, node: Node)] { nodes.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }

    /// Adds, changes, touches, moves and removes something.
    ///
    /// - Parameter block: a content for a file.
    mutating func change(random: inout SeededRandom, block: (inout SeededRandom) -> [UInt8]) {
        if nodes.isEmpty { nodes[""] = node(.folder) }
        let count = nodes.count < 6 ? Int.random(in: 4...8, using: &random) : Int.random(in: 0...3, using: &random)
        for _ in 0..<count {
            let path = newPath(random: &random)
            switch random.next() % 12 {
            case 0..<4: put(path, node(.file(content(random: &random, block))))
            case 4: put(path, node(.folder))
            case 5: put(path, node(.link(to: "nowhere/\(random.next() % 100)")))
            case 6..<9: rewrite(random: &random, block)
            case 9: if let (_, node) = file(random: &random) { put(path, node) }
            case 10:
                if let (old, node) = file(random: &random), nodes[path] == nil {
                    (nodes[old], nodes[path]) = (nil, node)
                }
            default: remove(random: &random)
            }
        }
    }

    private mutating func node(_ kind: Node.Kind) -> Node {
        lastNumber += 1
        lastVersion += 1
        return Node(kind: kind, number: lastNumber, version: lastVersion)
    }

    private func content(random: inout SeededRandom, _ block: (inout SeededRandom) -> [UInt8]) -> [UInt8] {
        switch random.next() % 6 {
        case 0: []
        case 1: random.bytes(Int.random(in: 1..<200, using: &random))
        case 2: block(&random) + block(&random)
        default: block(&random)
        }
    }

    /// A path in one of the folders, free or not.
    private func newPath(random: inout SeededRandom) -> String {
        let folders = sorted.filter {
            if case .folder = $0.node.kind { $0.path.split(separator: "/").count < 3 } else { false }
        }
        let folder = folders.randomElement(using: &random)?.path ?? ""
        return folder + "/" + (FileTree.names.randomElement(using: &random) ?? "a")
    }

    /// Puts something where nothing stands.
    private mutating func put(_ path: String, _ node: Node) { nodes[path] = nodes[path] ?? node }

    private func file(random: inout SeededRandom) -> (path: String, node: Node)? {
        sorted.filter { if case .file = $0.node.kind { true } else { false } }.randomElement(using: &random)
    }

    /// Changes a file, under all of its names; every third time only its time.
    private mutating func rewrite(random: inout SeededRandom, _ block: (inout SeededRandom) -> [UInt8]) {
        guard var (_, node) = file(random: &random), case .file(let old) = node.kind else { return }
        lastVersion += 1
        node.version = lastVersion
        switch random.next() % 3 {
        case 0: break
        case 1: node.kind = .file(content(random: &random, block))
        default: node.kind = .file(old + random.bytes(17))
        }
        for path in nodes.keys where nodes[path]?.number == node.number { nodes[path] = node }
    }

    private mutating func remove(random: inout SeededRandom) {
        guard let (path, _) = sorted.dropFirst().randomElement(using: &random) else { return }
        nodes = nodes.filter { $0.key != path && !$0.key.hasPrefix(path + "/") }
    }
}
