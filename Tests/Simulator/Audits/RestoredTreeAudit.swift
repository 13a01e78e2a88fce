import FileIO
import Primitives

/// Compares restored files with those that were backed up.
struct RestoredTreeAudit {
    private let world: SimulatedWorld
    private let expected: FileTree
    private let target: BytePath
    /// Whether nothing was said to be missing.
    private let isWhole: Bool

    init(_ world: SimulatedWorld, _ expected: FileTree, below target: BytePath, isWhole: Bool) {
        self.world = world
        self.expected = expected
        self.target = target
        self.isWhole = isWhole
    }

    /// What stands in place is right, and all of it is there unless it was said that it is not.
    func run() {
        var inodes: [Int: UInt64] = [:]
        for (path, node) in expected.sorted {
            let place = target.appending(FileTree.folder + path)
            guard let status = try? FileMetadata.read(place) else {
                if isWhole { world.violate("\(path) is not restored, without an error") }
                continue
            }
            if isWhole, status.modified != node.modified { world.violate("\(path) is restored with another time") }
            switch (node.kind, status.kind) {
            case (.file(let bytes), .regular):
                if (try? OpenFile.open(place).readAll(limit: 1 << 24)) != bytes {
                    world.violate("\(path) is restored with wrong bytes")
                }
                if isWhole, inodes.updateValue(status.inode, forKey: node.number) ?? status.inode != status.inode {
                    world.violate("\(path) is restored as a file of its own")
                }
            case (.link(let target), .symbolicLink):
                let folder = try? OpenFile.open(place.parent, .readOnly, .directory)
                if (try? folder?.readSymbolicLink(place.lastComponent)) != Array(target.utf8) {
                    world.violate("\(path) is restored and leads elsewhere")
                }
            case (.folder, .directory): continue
            default: world.violate("\(path) is restored as something else")
            }
        }
    }
}
