import Primitives
import Repositories

/// A snapshot: a root tree with who, when, what and why (`format-spec/snapshots.md`).
package struct SnapshotRecord: Hashable, Sendable {
    /// What a backup came to.
    package struct Summary: Hashable, Sendable, Codable {
        package var files: UInt64 = 0
        package var folders: UInt64 = 0
        /// Bytes of all files and streams.
        package var bytes: UInt64 = 0
        /// Plain bytes that were not known before.
        package var newBytes: UInt64 = 0
        /// Bytes of the packs that were written.
        package var storedBytes: UInt64 = 0
        /// Bytes that compressing against older chunks saved; `nil` where none was.
        package var savedBytes: UInt64?
        /// Files that could not be read.
        package var errors: UInt64 = 0
        package var durationMs: UInt64 = 0

        package init() {}
    }

    /// What a repair found lost of the snapshot that this one stands for.
    package struct Repair: Hashable, Sendable {
        /// The snapshot in whose place it stands.
        package var of: Digest
        /// Bytes of contents that were replaced by zeros, in all repairs so far.
        package var lostBytes: UInt64
        /// Entries of folders that were left out, in all repairs so far; what was below them is not counted.
        package var lostEntries: UInt64
        /// How many of these were entries of `/`.
        package var lostRootEntries: UInt64

        package init(of: Digest, lostBytes: UInt64, lostEntries: UInt64, lostRootEntries: UInt64) {
            self.of = of
            self.lostBytes = lostBytes
            self.lostEntries = lostEntries
            self.lostRootEntries = lostRootEntries
        }
    }

    package var time: Timestamp
    package var host: String
    package var user: String
    package var tags: [String]
    /// Backed-up paths in display form.
    package var paths: [String]
    /// Names of streams.
    package var streams: [String]
    package var root: TreeEntry.Subtree
    package var parent: Digest?
    package var excludes: [String]
    package var summary: Summary
    package var program: String
    package var writer: Identifier
    package var sequence: UInt64
    package var previous: Digest?
    /// The first snapshot that this one is a copy of, with other tags or from another place.
    package var original: Digest?
    package var repair: Repair?

    package init(
        time: Timestamp, host: String, user: String, tags: [String], paths: [String], streams: [String],
        root: TreeEntry.Subtree, parent: Digest?, excludes: [String], summary: Summary, program: String,
        writer: Identifier, sequence: UInt64, previous: Digest?, original: Digest? = nil
    ) {
        self.time = time
        self.host = host
        self.user = user
        self.tags = tags
        self.paths = paths
        self.streams = streams
        self.root = root
        self.parent = parent
        self.excludes = excludes
        self.summary = summary
        self.program = program
        self.writer = writer
        self.sequence = sequence
        self.previous = previous
        self.original = original
    }

    private struct RepairDocument: Codable {
        var of: String
        var lostBytes: UInt64
        var lostEntries: UInt64
        var lostRootEntries: UInt64
    }

    private struct Document: Codable {
        var mustUnderstand: [String]?
        var time: String
        var host: String
        var user: String
        var tags: [String]
        var paths: [String]
        var streams: [String]
        var root: String
        var rootLevel: UInt8
        var rootEntries: UInt64
        var parent: String?
        var excludes: [String]?
        var summary: Summary
        var program: String
        var writer: String
        var sequence: UInt64
        var previous: String?
        var original: String?
        var repair: RepairDocument?
    }

    /// The JSON of the snapshot.
    package func encoded() throws(VarveError) -> [UInt8] {
        try JSONDocument.encode(
            Document(
                time: time.rfc3339, host: host, user: user, tags: tags, paths: paths, streams: streams,
                root: root.root.hex, rootLevel: root.level, rootEntries: root.entries, parent: parent?.hex,
                excludes: excludes.isEmpty ? nil : excludes, summary: summary, program: program, writer: writer.hex,
                sequence: sequence, previous: previous?.hex, original: original?.hex,
                repair: repair.map {
                    RepairDocument(
                        of: $0.of.hex, lostBytes: $0.lostBytes, lostEntries: $0.lostEntries,
                        lostRootEntries: $0.lostRootEntries)
                }))
    }

    /// - Throws: kinds `damaged` and `unsupported`, naming `object`.
    package init(decoding bytes: [UInt8], of object: String) throws(VarveError) {
        let document: Document = try JSONDocument.decode(bytes, of: object)
        if let feature = document.mustUnderstand?.first { throw .newerFormat(object, "needs a feature (\(feature))") }
        guard let time = Timestamp(rfc3339: document.time), time.rfc3339 == document.time,
            let root = Digest(hex: document.root), let writer = Identifier(hex: document.writer), document.sequence > 0
        else { throw .damaged(object, "a value in it is out of bounds") }
        self.init(
            time: time, host: document.host, user: document.user, tags: document.tags, paths: document.paths,
            streams: document.streams,
            root: TreeEntry.Subtree(root: root, level: document.rootLevel, entries: document.rootEntries),
            parent: document.parent.flatMap { Digest(hex: $0) }, excludes: document.excludes ?? [],
            summary: document.summary, program: document.program, writer: writer, sequence: document.sequence,
            previous: document.previous.flatMap { Digest(hex: $0) },
            original: document.original.flatMap { Digest(hex: $0) })
        if let found = document.repair {
            guard let of = Digest(hex: found.of) else { throw .damaged(object, "a value in it is out of bounds") }
            repair = Repair(
                of: of, lostBytes: found.lostBytes, lostEntries: found.lostEntries,
                lostRootEntries: found.lostRootEntries)
        }
    }
}

/// A snapshot of the repository with its name.
package struct Snapshot: Hashable, Sendable {
    package let id: Digest
    /// The session that put it.
    package let session: Identifier
    package let record: SnapshotRecord

    package init(id: Digest, session: Identifier, record: SnapshotRecord) {
        self.id = id
        self.session = session
        self.record = record
    }

    /// The first snapshot that it is a copy of; itself where it is none. Two that have the same are one snapshot, at two places or
    /// with other tags.
    package var origin: Digest { record.original ?? id }
}
