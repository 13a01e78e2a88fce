import Backends
import Primitives
import Testing
import Threads

extension BackendConformance {
    static let listings = [
        BackendConformance("an empty folder lists nothing") { test throws in
            try test.backend.writeConfiguration([1])
            for folder in StorageFolder.allCases { #expect(try test.list(folder).isEmpty) }
        },
        BackendConformance("a folder lists all of 20,000 objects with their sizes, and no other's") { test throws in
            // Fewer are still more than two of any server's pages.
            let count = test.traits.isSlowToFill ? 2500 : test.traits.count(20_000, remote: 2500)
            let expected = Locked<Set<ListedObject>>([])
            onThreads(8) { thread throws in
                for number in stride(from: thread, to: count, by: 8) {
                    let name = try test.put(content(UInt64(number), count: 8 + number % 50), in: .snapshots)
                    expected.withLock { _ = $0.insert(ListedObject(id: name.id, size: UInt64(8 + number % 50))) }
                }
            }
            let other = try test.put([1], in: .index)
            #expect(expected.withLock { $0.count } == count)
            #expect(try test.list(.snapshots) == expected.withLock { $0 })
            #expect(try test.list(.index) == [ListedObject(id: other.id, size: 1)])
        },
        BackendConformance("packs are listed whatever their names begin with") { test throws in
            let names = Locked<Set<Digest>>([])
            onThreads(8) { thread throws in
                for number in stride(from: thread, to: 300, by: 8) {
                    let name = try test.put(content(UInt64(number), count: 9))
                    names.withLock { _ = $0.insert(name.id) }
                }
            }
            let ids = names.withLock { $0 }
            #expect(ids.count == 300)
            #expect(try test.list(.data) == Set(ids.map { ListedObject(id: $0, size: 9) }))
            let firstBytes = Set(ids.map { $0.w0 & 0xFF })
            #expect(firstBytes.count > 100)
        },
        BackendConformance("names that are not varve's are not listed") { test throws in
            guard let plant = test.traits.plant else { return }
            let (pack, index) = (try test.put([1]), try test.put([2], in: .index))
            let id = String(repeating: "a1", count: 32)
            let foreign = [
                id.uppercased(), String(id.dropLast()), id + "a", String(id.dropLast()) + "g", id + ".tmp",
                id + ".damaged", "." + id.dropLast(), "notes", "tmp-" + id.prefix(32),
            ]
            for folder in [StorageFolder.data, .index] {
                for name in foreign { try plant(folder, name, [1, 2, 3]) }
            }
            #expect(try test.list(.data) == [ListedObject(id: pack.id, size: 1)])
            #expect(try test.list(.index) == [ListedObject(id: index.id, size: 1)])
            #expect(try test.list(.snapshots).isEmpty)
        },
    ]
}
