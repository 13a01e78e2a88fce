import Backends

/// What a process sees of `index/` and `data/` that is shown, beside its own objects, what was there when it first looked.
struct OldView {
    private var listings: [StorageFolder: [ListedObject]] = [:]
    private var own: [ObjectName: Int] = [:]

    /// Takes in an object that the process itself puts.
    mutating func add(_ name: ObjectName, _ size: Int) { own[name] = size }

    /// What is shown of a folder in which there is `now`.
    mutating func listing(of folder: StorageFolder, now: [ListedObject]) -> [ListedObject] {
        guard folder == .index || folder == .data else { return now }
        let old = listings[folder] ?? now
        listings[folder] = old
        let ids = Set(old.map(\.id))
        let added = own.filter { $0.key.folder == folder && !ids.contains($0.key.id) }
        return (old + added.map { ListedObject(id: $0.key.id, size: UInt64($0.value)) }).sorted { $0.id < $1.id }
    }
}
