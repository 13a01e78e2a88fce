import FileIO
import Primitives
import SeededData
import TemporaryFolders
import Testing

@testable import Backends

/// A repository in a folder keeps its promises when the power fails: at any moment, with any part of what was not synchronized lost.
///
/// What the backend asks of the file system is recorded and played to a model of one.
struct LocalBackendCrashTests {
    private let folder: TemporaryFolder
    private let root: BytePath
    private let objects: [(name: ObjectName, bytes: [UInt8])]

    init() throws {
        folder = try TemporaryFolder()
        root = folder.path.appending("repository")
        var random = SeededRandom(seed: 4)
        objects = StorageFolder.allCases.map { folder in
            (ObjectName(folder, random.digest()), random.bytes(Int.random(in: 1...9000, using: &random)))
        }
    }

    /// What the backend was asked and said that it had done, and what it did for that.
    private struct Step {
        let deed: Deed
        let changes: [FileChange]
        /// Whether the backend came to its end with it.
        var isFinished = true
    }

    private enum Deed {
        case createLayout
        case configure([UInt8])
        case put(ObjectName, [UInt8])
        case delete([ObjectName])
        case setAside(ObjectName)
    }

    private func perform(_ deed: Deed) throws -> Step {
        let backend = LocalBackend(root)
        let changes = try FileJournal.record(below: folder.path) {
            switch deed {
            case .createLayout: try backend.createLayout()
            case .configure(let bytes): try backend.writeConfiguration(bytes)
            case .put(let name, let bytes) where name.folder == .data:
                // As packs are put: from a file that grew in the repository's own folder.
                let file = try TemporaryFile.create(in: try #require(backend.temporaryFolder))
                try file.file.write(Array(bytes[..<(bytes.count / 2)]))
                try file.file.write(Array(bytes[(bytes.count / 2)...]))
                try backend.put(name, from: file)
            case .put(let name, let bytes): try backend.put(name, bytes)
            case .delete(let names) where names.count == 1: try backend.delete(names[0])
            case .delete(let names): #expect(backend.delete(names).isEmpty)
            case .setAside(let name): try backend.setAside(name)
            }
        }
        return Step(deed: deed, changes: changes)
    }

    /// Objects are put, put once more, set aside and deleted.
    private func performAll() throws -> [Step] {
        var steps = try [Deed.createLayout, .configure([1, 2, 3])].map(perform)
        // A folder that was lost in copying the repository.
        let pack = objects[0].name
        try folder.path.appending("repository/data/\(pack.id.hex.prefix(2))").removeEmptyFolder()
        steps.append(Step(deed: .createLayout, changes: []))
        for (name, bytes) in objects { steps.append(try perform(.put(name, bytes))) }
        steps.append(try perform(.put(objects[1].name, objects[1].bytes)))
        steps.append(try perform(.setAside(objects[1].name)))
        steps.append(try perform(.delete([objects[2].name])))
        steps.append(try perform(.delete(objects[3...].map(\.name))))
        return steps
    }

    /// What is wrong with what a crash may leave, at each moment.
    private func violations(_ steps: [Step], isKept: (FileChange) -> Bool = { _ in true }) -> Set<String> {
        var violations: Set<String> = []
        var system = CrashableFileSystem(root: folder.path)
        var promises = Promises(root: root)
        var random = SeededRandom(seed: 1)
        for step in steps {
            promises.begin(step.deed)
            for (number, change) in step.changes.enumerated() where isKept(change) {
                system.apply(change)
                // Of the many folders of a layout one is like another.
                if number % 32 != 0, number < step.changes.count - 20 { continue }
                for undone in Self.subsets(of: system.doubtful, random: &random) {
                    violations.formUnion(promises.broken(in: system.remains(without: undone)))
                }
            }
            if step.isFinished { promises.keep(step.deed) }
            for undone in Self.subsets(of: system.doubtful, random: &random) {
                violations.formUnion(promises.broken(in: system.remains(without: undone)))
            }
        }
        return violations
    }

    /// All subsets of a few effects, some of many.
    private static func subsets(of effects: [Int], random: inout SeededRandom) -> [Set<Int>] {
        if effects.count <= 5 {
            return (0..<(1 << effects.count)).map { bits in
                Set(effects.indices.filter { bits >> $0 & 1 == 1 }.map { effects[$0] })
            }
        }
        var subsets: [Set<Int>] = [[], Set(effects)]
        // The newest matter most: what is old and doubtful was never meant to last.
        for effect in effects.suffix(6) { subsets += [[effect], Set(effects).subtracting([effect])] }
        for _ in 0..<4 { subsets.append(Set(effects.filter { _ in Bool.random(using: &random) })) }
        return subsets
    }

    /// What must be there after a crash.
    private struct Promises {
        let root: BytePath
        var isLaidOut = false
        var configuration: [UInt8]?
        var mayHoldConfiguration: [UInt8]?
        /// What must be there.
        var present: [ObjectName: [UInt8]] = [:]
        /// What was ever put: no other bytes may stand under such a name.
        var known: [ObjectName: [UInt8]] = [:]
        /// What must not be there.
        var absent: Set<ObjectName> = []
        /// What must be there under its own name or that of a damaged object.
        var aside: Set<ObjectName> = []

        init(root: BytePath) { self.root = root }

        mutating func begin(_ deed: Deed) {
            switch deed {
            case .createLayout: break
            case .configure(let bytes): mayHoldConfiguration = bytes
            case .put(let name, let bytes):
                known[name] = bytes
                absent.remove(name)
            case .delete(let names): for name in names { present[name] = nil }
            case .setAside(let name):
                present[name] = nil
                aside.insert(name)
            }
        }

        mutating func keep(_ deed: Deed) {
            switch deed {
            case .createLayout: isLaidOut = true
            case .configure(let bytes): configuration = bytes
            case .put(let name, let bytes): present[name] = bytes
            case .delete(let names): absent.formUnion(names)
            case .setAside(let name): absent.insert(name)
            }
        }

        private func path(_ name: ObjectName) -> BytePath {
            let folder = root.appending(name.folder.rawValue)
            return (name.folder == .data ? folder.appending(String(name.id.hex.prefix(2))) : folder)
                .appending(name.id.hex)
        }

        private func asidePath(_ name: ObjectName) -> BytePath { path(name).parent.appending(name.id.hex + ".damaged") }

        func broken(in remains: CrashableFileSystem.Remains) -> [String] {
            var broken: [String] = []
            let found = remains.file(root.appending("config"))
            if let configuration, found != configuration { broken.append("config is lost") }
            if let found, found != mayHoldConfiguration { broken.append("config is there in part") }
            if isLaidOut {
                for folder in StorageFolder.allCases where !remains.hasFolder(root.appending(folder.rawValue)) {
                    broken.append("\(folder.rawValue)/ is lost")
                }
            }
            for (name, bytes) in known {
                if let found = remains.file(path(name)), found != bytes {
                    broken.append("a part of an object stands in \(name.folder.rawValue)/")
                }
            }
            for (name, bytes) in present where remains.file(path(name)) != bytes {
                broken.append("an object that was put into \(name.folder.rawValue)/ is lost")
            }
            for name in absent where remains.file(path(name)) != nil {
                broken.append("an object that was removed from \(name.folder.rawValue)/ is there")
            }
            for name in aside where (remains.file(path(name)) ?? remains.file(asidePath(name))) != known[name] {
                broken.append("an object that was set aside is lost")
            }
            return broken
        }
    }

    @Test func nothingThatWasPromisedIsLost() throws {
        #expect(violations(try performAll()) == [])
    }

    /// Whoever deletes what another was about to delete makes that durable: what it does next builds on it.
    @Test(arguments: [1, 2])
    func theDeletionOfAnotherIsMadeDurable(count: Int) throws {
        var steps = try [Deed.createLayout, .configure([1, 2, 3])].map(perform)
        for (name, bytes) in objects[2...] { steps.append(try perform(.put(name, bytes))) }
        let names = objects[2..<(2 + count)].map(\.name)
        // One that is killed in between.
        var unfinished: [FileChange] = []
        for change in try perform(.delete(names)).changes {
            if case .remove = change { unfinished.append(change) }
        }
        steps.append(Step(deed: .delete(names), changes: unfinished, isFinished: false))
        steps.append(try perform(.delete(names)))
        #expect(violations(steps) == [])
    }

    /// Each call that makes something durable is needed: without it the same test finds what is lost.
    @Test func everySynchronizationIsNeeded() throws {
        let steps = try performAll()
        let synchronized = Set(
            steps.flatMap(\.changes).compactMap { change -> BytePath? in
                if case .synchronize(let path) = change { path } else { nil }
            })
        // The folder that holds the repository, its own, data/, one below, the four others; and the files under construction.
        #expect(synchronized.count >= 8 + objects.count)
        for path in synchronized {
            #expect(!violations(steps) { $0 != .synchronize(path) }.isEmpty, "\(path) need not be synchronized")
        }
    }

    @Test func whatACrashLeavesCanBeWorkedWith() throws {
        let steps = try performAll()
        var system = CrashableFileSystem(root: folder.path)
        var random = SeededRandom(seed: 2)
        for change in steps.flatMap(\.changes) { system.apply(change) }
        for number in 0..<4 {
            let undone = Set(system.doubtful.filter { _ in Bool.random(using: &random) })
            let target = folder.path.appending("after-\(number)")
            try lay(out: system.remains(without: undone), at: target)
            let backend = LocalBackend(target)
            #expect(try backend.readConfiguration() == [1, 2, 3])
            try backend.prepareForWriting()
            #expect(try backend.list(.data).map(\.id) == [objects[0].name.id])
            #expect(try backend.read(objects[0].name) == objects[0].bytes)
            for (name, bytes) in objects {
                try backend.put(name, bytes)
                #expect(try backend.read(name) == bytes)
            }
        }
    }

    /// An `init` that was broken off can be done again.
    @Test func anInterruptedInitCanBeDoneAgain() throws {
        let steps = try [Deed.createLayout, .configure([1, 2, 3])].map(perform)
        let changes = steps.flatMap(\.changes)
        var system = CrashableFileSystem(root: folder.path)
        var random = SeededRandom(seed: 3)
        for (number, change) in changes.enumerated() {
            system.apply(change)
            guard number % 40 == 7 || number + 3 > changes.count else { continue }
            let undone = Set(system.doubtful.filter { _ in Bool.random(using: &random) })
            let target = folder.path.appending("after-\(number)")
            try lay(out: system.remains(without: undone), at: target)
            let backend = LocalBackend(target)
            if try backend.readConfiguration() == nil {
                try backend.createLayout()
                try backend.writeConfiguration([4])
            }
            try backend.put(objects[0].name, objects[0].bytes)
            #expect(try backend.list(.data).map(\.id) == [objects[0].name.id])
        }
    }

    /// Makes real files and folders of what a crash left of the repository.
    private func lay(out remains: CrashableFileSystem.Remains, at target: BytePath) throws {
        func moved(_ path: BytePath) -> BytePath? {
            guard path.bytes.starts(with: root.bytes) else { return nil }
            return BytePath(target.bytes + path.bytes.dropFirst(root.bytes.count))
        }
        let all = remains.all
        for path in all.folders { try moved(path)?.makeDirectories() }
        for (path, bytes) in all.files {
            if let path = moved(path) { try OpenFile.open(path, .writeOnly, .create).write(bytes) }
        }
    }
}

extension BytePath {
    fileprivate func removeEmptyFolder() throws {
        try OpenFile.open(parent, .readOnly, .directory).removeDirectory(lastComponent)
    }
}
