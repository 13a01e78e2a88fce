import Primitives
import Repositories
import Threads

/// Writes one stream or file of a snapshot, or a folder as a tar archive, to wherever bytes go.
package struct DumpRun: Sendable {
    package typealias Output = (UnsafeRawBufferPointer) throws(VarveError) -> Void

    private let reader: SegmentReader
    private let content: ContentOutput
    private let allowsLost: Bool
    private let warn: @Sendable (String) -> Void

    /// - Parameter allowsLost: whether what a repair marked as lost is written as zeros or left out, with a warning.
    package init(
        _ reader: SegmentReader, width: Int, allowsLost: Bool = false, cancellation: Cancellation,
        warn: @escaping @Sendable (String) -> Void
    ) {
        self.reader = reader
        self.allowsLost = allowsLost
        self.warn = warn
        content = ContentOutput(reader, width: width, cancellation: cancellation)
    }

    /// Writes the content of a file or stream; the holes of a sparse file as zeros.
    ///
    /// - Throws: kind `damaged` where a chunk cannot be had: what was written until then is right, and incomplete.
    package func write(_ entry: TreeEntry, to output: Output) throws(VarveError) {
        guard let data = entry.content else {
            throw VarveError(
                .usage, "\"\(ByteString.display(entry.name))\" is a \(entry.kind), not a file or stream",
                advice: entry.kind == .folder ? "write a folder with --archive tar" : "")
        }
        if let lost = entry.lostText { try admit("\(ByteString.display(entry.name)): \(lost)") }
        guard entry.sparse != nil else { return try content.read(data, output) }
        var position: Int64 = 0
        var extents = ExtentPosition(entry)
        try content.read(data) { bytes throws(VarveError) in
            for (offset, range) in extents.pieces(of: bytes.count) {
                try writeZeros(Int(offset - position), output)
                try output(UnsafeRawBufferPointer(rebasing: bytes[range]))
                position = offset + Int64(range.count)
            }
        }
        try writeZeros(Int(Int64(entry.size) - position), output)
    }

    /// Warns of what is lost, or refuses to go on.
    private func admit(_ lost: String) throws(VarveError) {
        guard allowsLost else {
            throw VarveError(.damaged, lost, advice: "--allow-lost writes zeros for bytes and leaves entries out")
        }
        warn(lost)
    }

    private func writeZeros(_ count: Int, _ output: Output) throws(VarveError) {
        let zeros = [UInt8](repeating: 0, count: min(count, 1 << 20))
        var rest = count
        while rest > 0 {
            let step = Array(zeros.prefix(rest))
            try step.withUnsafeBytesTyped(output)
            rest -= step.count
        }
    }

    /// Writes a folder with all below it as a tar archive.
    ///
    /// - Parameter prefix: the names before each path in the archive.
    package func writeArchive(
        of folder: TreeEntry.Subtree, prefix: [[UInt8]], to output: Output
    ) throws(VarveError) {
        var links: [LinkKey: [UInt8]] = [:]
        try writeFolder(folder, at: prefix, &links, output)
        try TarHeader.end.withUnsafeBytesTyped(output)
    }

    private struct LinkKey: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    private func writeFolder(
        _ folder: TreeEntry.Subtree, at path: [[UInt8]], _ links: inout [LinkKey: [UInt8]], _ output: Output
    ) throws(VarveError) {
        try TreeReader.checkDepth(of: path)
        var walk = FolderWalk(folder, reader, ahead: .nodesAndFiles)
        while let entry = try walk.next() {
            let entryPath = path + [entry.name]
            let name = Array(entryPath.joined(separator: [UInt8(ascii: "/")]))
            var linkedTo: [UInt8]?
            if let hardLink = entry.hardLink {
                let key = LinkKey(device: hardLink.device, inode: entry.inode)
                linkedTo = links[key]
                links[key] = links[key] ?? name
            }
            let header = TarHeader(
                path: entry.kind == .folder ? name + [UInt8(ascii: "/")] : name, entry: entry, linkedTo: linkedTo)
            guard let bytes = header.encoded else {
                warn("\(TreeReader.display(entryPath)) is a socket, which an archive cannot hold")
                continue
            }
            if entry.kind == .folder, let lost = entry.lostText {
                try admit("\(TreeReader.display(entryPath)): \(lost)")
            }
            try bytes.withUnsafeBytesTyped(output)
            if let below = entry.subtree { try writeFolder(below, at: entryPath, &links, output) }
            if header.contentSize > 0 {
                try write(entry, to: output)
                try TarHeader.padding(after: header.contentSize).withUnsafeBytesTyped(output)
            }
        }
    }
}
