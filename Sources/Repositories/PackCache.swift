import Backends
import FileIO
import Primitives
import Threads

/// Packs of a distant repository that this machine keeps as they are stored, so that new chunks can be compared with what is in them.
///
/// Only bases of new deltas are read from it, never what is given out: that must be what the storage has. Nothing depends on it; what is
/// torn or damaged shows when it is opened, and is dropped. Several processes may use one folder. All methods may be called from several threads.
package final class PackCache: Sendable {
    private struct State {
        /// What is in the folder, as far as is known: other processes may have removed some of it.
        var held: Set<Digest>
        /// What was kept or read by this process.
        var inUse: Set<Digest> = []
    }

    private let path: BytePath
    private let limit: PackCacheLimit
    private let clock: any Clock
    /// `nil` before the folder was looked into.
    private let state = Locked<State?>(nil)

    /// - Parameter path: the folder, which is made once there is something to keep.
    init(at path: BytePath, limit: PackCacheLimit, clock: any Clock) {
        self.path = path
        self.limit = limit
        self.clock = clock
    }

    private func withState<Result>(_ body: (inout State) -> Result) -> Result {
        state.withLock { state in
            // Taken out, so that its sets have one owner while they change.
            var known = state.take() ?? State(held: Set(PackCache.packs(in: path).map(\.id)))
            defer { state = known }
            return body(&known)
        }
    }

    private static func packs(in path: BytePath) -> [CachedPack] {
        guard let folder = try? OpenFile.open(path, .readOnly, .directory),
            let names = try? DirectoryListing(of: folder)
        else { return [] }
        return names.compactMap { name in
            guard let id = Digest(hex: String(decoding: name, as: UTF8.self)),
                let status = try? FileMetadata.read(at: folder, name: name)
            else { return nil }
            return CachedPack(id: id, size: UInt64(status.size), lastUse: status.modified)
        }
    }

    private func file(of pack: Digest) -> BytePath { path.appending(pack.hex) }

    /// Whether a pack is here, as far as is known.
    func holds(_ pack: Digest) -> Bool { withState { $0.held.contains(pack) } }

    // MARK: Keeping

    /// Keeps a pack, as a second name of the file it was made in, if there is room; where that fails, the cache does without.
    ///
    /// Whether the pack then reaches the storage does not matter: only what the index names is looked for.
    func keep(_ pack: Digest, size: UInt64, in file: TemporaryFile) {
        withState { state in
            guard !state.held.contains(pack) else { return }
            do throws(SystemError) {
                try path.makeDirectories()
                // The folder says what is there, whoever put it.
                let packs = PackCache.packs(in: path)
                let limit = limit.bytes(holding: packs.totalSize, available: try? path.availableBytes())
                guard let old = packs.removals(makingRoomFor: size, within: limit, except: state.inUse.contains) else {
                    return
                }
                for pack in old { remove(pack, &state) }
                try file.addName(self.file(of: pack))
                noteUse(of: pack)
                state.held.insert(pack)
                state.inUse.insert(pack)
            } catch {
                return
            }
        }
    }

    /// Drops all packs but those for which `isKept` says so.
    func dropAll(except isKept: (Digest) -> Bool) {
        withState { state in
            for pack in state.held where !isKept(pack) { remove(pack, &state) }
        }
    }

    /// Drops a pack.
    func drop(_ pack: Digest) { withState { remove(pack, &$0) } }

    private func remove(_ pack: Digest, _ state: inout State) {
        try? file(of: pack).removeFile()
        state.held.remove(pack)
    }

    // MARK: Reading

    /// Reads bytes of a pack, which whoever asks must check.
    ///
    /// - Returns: whether they are here.
    func read(_ pack: Digest, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
        let isFirstUse = withState { state -> Bool? in
            state.held.contains(pack) ? state.inUse.insert(pack).inserted : nil
        }
        guard let isFirstUse, let file = try? OpenFile.open(file(of: pack)),
            (try? file.readFully(into: buffer, at: Int64(offset))) == buffer.count
        else {
            if isFirstUse != nil { drop(pack) }
            return false
        }
        if isFirstUse { noteUse(of: pack) }
        return true
    }

    private func noteUse(of pack: Digest) {
        let now = clock.now()
        let time = FileTime(seconds: now.seconds, nanoseconds: UInt32(now.fraction))
        try? OpenFile.open(path, .readOnly, .directory).setTimes(of: Array(pack.hex.utf8), modified: time)
    }
}
