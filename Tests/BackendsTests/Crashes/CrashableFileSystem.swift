import FileIO

/// A file system in memory that knows what a crash may leave of it, as POSIX has it: what was written is there for sure once the file was
/// synchronized, and a name once its folder was. Of all else any part may be there.
///
/// One thing is taken for granted that file systems do and POSIX does not say: a rename never loses both names.
struct CrashableFileSystem {
    /// Something that was done, and may be undone by a crash.
    enum Effect {
        /// - Parameter offset: where the bytes stand.
        case data(file: Int, offset: Int, [UInt8])
        case size(file: Int, Int)
        /// A name stands for a file or folder; `nil` for nothing any more.
        case name(folder: Int, [UInt8], Int?, origin: Int?)

        /// What it changes.
        struct Target: Hashable {
            let node: Int
            let name: [UInt8]?
        }

        var target: Target {
            switch self {
            case .data(let file, _, _), .size(let file, _): Target(node: file, name: nil)
            case .name(let folder, let name, _, _): Target(node: folder, name: name)
            }
        }

        /// The file or folder that must be synchronized for it.
        var node: Int { target.node }
    }

    /// What is there after a crash.
    struct Remains {
        fileprivate let root: BytePath
        fileprivate var folders: Set<Int>
        fileprivate var content: [Int: [UInt8]]
        /// What the names in each folder stand for.
        fileprivate var names: [Int: [[UInt8]: Int]]

        private func node(_ path: BytePath) -> Int? {
            var node: Int? = 0
            for name in path.components.dropFirst(root.components.count) {
                guard let folder = node else { return nil }
                node = names[folder]?[name]
            }
            return node
        }

        /// The bytes of a file below the root; `nil` where there is none.
        func file(_ path: BytePath) -> [UInt8]? {
            guard let node = node(path), !folders.contains(node) else { return nil }
            return content[node] ?? []
        }

        func hasFolder(_ path: BytePath) -> Bool { node(path).map(folders.contains) ?? false }

        /// All folders, each behind the one that it lies in, and all files.
        var all: (folders: [BytePath], files: [(BytePath, [UInt8])]) {
            var all: (folders: [BytePath], files: [(BytePath, [UInt8])]) = ([], [])
            func gather(_ folder: Int, _ path: BytePath) {
                all.folders.append(path)
                for (name, node) in names[folder] ?? [:] {
                    let below = path.appending(name)
                    if folders.contains(node) {
                        gather(node, below)
                    } else {
                        all.files.append((below, content[node] ?? []))
                    }
                }
            }
            gather(0, root)
            return all
        }

        fileprivate mutating func apply(_ effect: Effect) {
            switch effect {
            case .data(let file, let offset, let bytes):
                var old = content[file] ?? []
                if old.count < offset + bytes.count {
                    old += [UInt8](repeating: 0, count: offset + bytes.count - old.count)
                }
                old.replaceSubrange(offset..<offset + bytes.count, with: bytes)
                content[file] = old
            case .size(let file, let size):
                let old = content[file] ?? []
                content[file] = old.prefix(size) + [UInt8](repeating: 0, count: max(0, size - old.count))
            case .name(let folder, let name, let node, _): names[folder, default: [:]][name] = node
            }
        }
    }

    /// What is sure, but for what ``effects`` do to it.
    private var base: Remains
    private var effects: [(number: Int, effect: Effect)] = []
    private var effectCount = 0
    /// The numbers of the effects that a crash may undo.
    private(set) var doubtful: [Int] = []
    /// What each path stands for while the system runs.
    private var live: [BytePath: Int]
    private var opened: [BytePath: Int] = [:]
    private var positions: [Int: Int] = [:]
    private var nodeCount = 1
    private let root: BytePath

    /// - Parameter root: a folder that is there, and empty.
    init(root: BytePath) {
        self.root = root
        live = [root: 0]
        base = Remains(root: root, folders: [0], content: [:], names: [:])
    }

    // MARK: While it runs

    mutating func apply(_ change: FileChange) {
        switch change {
        case .makeFolder(let path):
            let folder = makeNode()
            base.folders.insert(folder)
            live[path] = folder
            set(path, folder)
        case .create(let path):
            if live[path] == nil {
                let file = makeNode()
                live[path] = file
                set(path, file)
            }
            opened[path] = live[path]
            if let file = live[path] { positions[file] = 0 }
        case .write(let path, let offset, let bytes):
            guard let file = opened[path] ?? live[path] else { return }
            let start = offset.map { Int($0) } ?? positions[file] ?? 0
            if offset == nil { positions[file] = start + bytes.count }
            add(.data(file: file, offset: start, bytes))
        case .setSize(let path, let size):
            guard let file = opened[path] ?? live[path] else { return }
            add(.size(file: file, Int(size)))
        case .synchronize(let path): synchronize(path)
        case .rename(let path, let target):
            guard let node = live.removeValue(forKey: path) else { return }
            live[target] = node
            set(target, node)
            set(path, nil, origin: effectCount - 1)
        case .link(let path, let target):
            live[target] = live[path]
            set(target, live[path])
        case .remove(let path):
            live[path] = nil
            set(path, nil)
        }
    }

    private mutating func makeNode() -> Int {
        nodeCount += 1
        return nodeCount - 1
    }

    private mutating func add(_ effect: Effect) {
        doubtful.append(effectCount)
        effects.append((effectCount, effect))
        effectCount += 1
    }

    private mutating func set(_ path: BytePath, _ node: Int?, origin: Int? = nil) {
        guard let folder = live[path.parent] else { return }
        add(.name(folder: folder, path.lastComponent, node, origin: origin))
    }

    private mutating func synchronize(_ path: BytePath) {
        // A file may have another name by now than it was opened under; a folder may not.
        guard let node = opened[path] ?? live[path] else { return }
        let sure = Set(effects.filter { $0.effect.node == node }.map(\.number))
        doubtful.removeAll { sure.contains($0) }
        fold()
    }

    /// Takes into the base what is sure and comes after nothing that is not.
    private mutating func fold() {
        let doubtful = Set(doubtful)
        var blocked: Set<Effect.Target> = []
        effects.removeAll { number, effect in
            if doubtful.contains(number) || blocked.contains(effect.target) {
                blocked.insert(effect.target)
                return false
            }
            base.apply(effect)
            return true
        }
    }

    // MARK: After a crash

    /// What is there after a crash that undoes these of the doubtful effects.
    func remains(without undone: Set<Int>) -> Remains {
        var remains = base
        for (number, effect) in effects where !undone.contains(number) {
            // The old name of what was renamed goes only with the new one.
            if case .name(_, _, _, let origin?) = effect, undone.contains(origin) { continue }
            remains.apply(effect)
        }
        return remains
    }
}
