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
    }

    /// What is there after a crash.
    struct Remains {
        var files: [BytePath: [UInt8]] = [:]
        var folders: Set<BytePath> = []
    }

    private(set) var effects: [Effect] = []
    /// The numbers of the effects that a crash may undo.
    private(set) var doubtful: [Int] = []
    /// What each path stands for while the system runs.
    private var live: [BytePath: Int]
    private var opened: [BytePath: Int] = [:]
    private var positions: [Int: Int] = [:]
    private var folders: Set<Int> = [0]
    private var nodeCount = 1
    private let root: BytePath

    /// - Parameter root: a folder that is there, and empty.
    init(root: BytePath) {
        self.root = root
        live = [root: 0]
    }

    // MARK: While it runs

    mutating func apply(_ change: FileChange) {
        switch change {
        case .makeFolder(let path):
            let folder = makeNode()
            folders.insert(folder)
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
            set(path, nil, origin: effects.count - 1)
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
        doubtful.append(effects.count)
        effects.append(effect)
    }

    private mutating func set(_ path: BytePath, _ node: Int?, origin: Int? = nil) {
        guard let folder = live[path.parent] else { return }
        add(.name(folder: folder, path.lastComponent, node, origin: origin))
    }

    private mutating func synchronize(_ path: BytePath) {
        // A file may have another name by now than it was opened under; a folder may not.
        guard let node = opened[path] ?? live[path] else { return }
        doubtful.removeAll { number in
            switch effects[number] {
            case .data(let file, _, _), .size(let file, _): file == node
            case .name(let folder, _, _, _): folder == node
            }
        }
    }

    // MARK: After a crash

    /// What is there after a crash that undoes these of the doubtful effects.
    func remains(without undone: Set<Int>) -> Remains {
        var content: [Int: [UInt8]] = [:]
        var names: [Int: [[UInt8]: Int]] = [:]
        for (number, effect) in effects.enumerated() where !undone.contains(number) {
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
            case .name(let folder, let name, let node, let origin):
                // The old name of what was renamed goes only with the new one.
                if let origin, undone.contains(origin) { continue }
                names[folder, default: [:]][name] = node
            }
        }
        var remains = Remains()
        func gather(_ folder: Int, _ path: BytePath) {
            remains.folders.insert(path)
            for (name, node) in names[folder] ?? [:] {
                let below = path.appending(name)
                if folders.contains(node) { gather(node, below) } else { remains.files[below] = content[node] ?? [] }
            }
        }
        gather(0, root)
        return remains
    }
}
