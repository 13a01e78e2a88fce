import FileIO

extension FileTree.Node {
    /// When it was changed last: its number and its version, so that a status tells both.
    var modified: FileTime { FileTime(seconds: 1_700_000_000 + Int64(version), nanoseconds: UInt32(number)) }
}

extension FileTree {
    /// The folder of a file tree, below the root that a machine's backups see.
    static let folder = "files"

    /// Makes the folder below `root` what the tree says.
    func write(below root: BytePath) throws(SystemError) {
        try root.makeDirectories()
        let rootFolder = try OpenFile.open(root, .readOnly, .directory)
        do throws(SystemError) {
            try rootFolder.removeTree(Array(FileTree.folder.utf8))
        } catch  where error.isMissing {
            // There is none yet.
        }
        var firstNames: [Int: String] = [:]
        for (path, node) in sorted {
            let (parent, name) = try FileTree.place(of: path, below: root)
            switch node.kind {
            case .folder: try parent.makeDirectory(name)
            case .link(let target): try parent.makeSymbolicLink(name, to: Array(target.utf8))
            case .file(let bytes):
                if let first = firstNames[node.number] {
                    let (folder, firstName) = try FileTree.place(of: first, below: root)
                    try parent.makeHardLink(name, to: folder, firstName)
                } else {
                    firstNames[node.number] = path
                    try parent.createFile(name).write(bytes)
                }
            }
        }
        // What is put into a folder changes its time.
        for (path, node) in sorted {
            let (parent, name) = try FileTree.place(of: path, below: root)
            try parent.setTimes(of: name, modified: node.modified)
        }
    }

    private static func place(
        of path: String, below root: BytePath
    ) throws(SystemError) -> (parent: OpenFile, name: [UInt8]) {
        let full = root.appending(folder + path)
        return (try OpenFile.open(full.parent, .readOnly, .directory), full.lastComponent)
    }
}

extension FileMetadata {
    /// Without what no two runs have in common: numbers and times that the kernel gives.
    var replayable: FileMetadata {
        var status = self
        status.changed = modified
        status.inode = UInt64(modified.nanoseconds)
        status.device = 1
        return status
    }
}
