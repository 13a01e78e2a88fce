import FileIO
import Primitives

/// What some index objects say, on its way into a run.
package struct IndexTable: Sendable {
    private(set) var table = PendingTable()

    package init() {}

    package var chunkCount: Int { table.chunks.count }

    package mutating func add(_ pack: IndexedPack, _ segments: [IndexedSegment]) {
        table.add(pack, segments)
    }
}

/// The folder in which this machine keeps the runs of one repository's index.
///
/// Runs are never changed; several processes may use the folder at once, and each is right without it.
package struct RunCache: Sendable {
    private let folder: BytePath
    private let temporaryFolder: BytePath
    private let random: any RandomBytes
    private static let suffix = ".run"

    /// - Parameter random: gives runs their names.
    package init(folder: BytePath, temporaryFolder: BytePath, random: any RandomBytes = SystemRandom()) {
        self.folder = folder
        self.temporaryFolder = temporaryFolder
        self.random = random
    }

    /// The runs that cover only objects among `names`, each object at most once; all others are removed.
    package func load(among names: Set<Digest>) -> [IndexRun] {
        guard let directory = try? OpenFile.open(folder, .readOnly, .directory),
            let listing = try? DirectoryListing(of: directory)
        else { return [] }
        var candidates: [(name: [UInt8], run: IndexRun)] = []
        for name in listing where name.ends(with: RunCache.suffix.utf8) {
            if let file = try? OpenFile.openAt(directory: directory, name: name), let mapped = try? MappedFile(file),
                let run = IndexRun(mapped, at: folder.appending(name)), run.covered.allSatisfy(names.contains)
            {
                candidates.append((name, run))
            } else {
                try? directory.removeFile(name)
            }
        }
        var covered: Set<Digest> = []
        var runs: [IndexRun] = []
        for (name, run) in candidates.sorted(by: { $0.run.covered.count > $1.run.covered.count }) {
            if covered.isDisjoint(with: run.covered), !run.covered.isEmpty {
                covered.formUnion(run.covered)
                runs.append(run)
            } else {
                try? directory.removeFile(name)
            }
        }
        return runs
    }

    /// Writes a run with the content of the index objects `covered`.
    package func store(_ table: IndexTable, covering covered: [Digest]) throws(VarveError) -> IndexRun {
        try keep(try table.table.write(to: temporaryFolder, covering: covered))
    }

    /// Merges runs where there are too many.
    ///
    /// A damaged one is removed from the folder, and nothing is merged: the next ``load(among:)`` leaves its content to
    /// be read anew.
    package func merging(_ runs: [IndexRun]) throws(VarveError) -> [IndexRun] {
        let chosen = RunMerging.choice(among: runs.map(\.chunkCount))
        if chosen.isEmpty { return runs }
        let damaged = chosen.filter { !runs[$0].isWhole }
        guard damaged.isEmpty else {
            for number in damaged { try? runs[number].path?.removeFile() }
            return runs
        }
        let merged = try keep(try IndexRun.merge(chosen.map { runs[$0] }, to: temporaryFolder))
        return runs.indices.filter { !chosen.contains($0) }.map { runs[$0] } + [merged]
    }

    private func keep(_ file: TemporaryFile) throws(VarveError) -> IndexRun {
        let path = folder.appending(Array((Hex.encode(random.bytes(16)) + RunCache.suffix).utf8))
        let mapped = try reportingErrors(as: .local) { () throws(SystemError) in
            // A torn run does not check out, and is built anew.
            try file.commit(to: path, replacing: true, isDurable: false)
            return try MappedFile(path)
        }
        guard let run = IndexRun(mapped, at: path) else { throw .differentRun(in: folder) }
        return run
    }
}

extension [UInt8] {
    fileprivate func ends(with suffix: some Collection<UInt8>) -> Bool {
        self.suffix(suffix.count).elementsEqual(suffix)
    }
}
