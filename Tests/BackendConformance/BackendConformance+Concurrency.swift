import Backends
import Primitives
import Testing
import Threads

extension BackendConformance {
    /// Runs `body` on `count` threads at once.
    private static func onThreads(_ count: Int, _ body: @escaping @Sendable (_ number: Int) throws -> Void) {
        let threads = (0..<count).map { number in
            WorkerThread(name: "test-\(number)") {
                do { try body(number) } catch { Issue.record(error) }
            }
        }
        for thread in threads { thread.join() }
    }

    static let concurrency = [
        BackendConformance("many threads put different objects, and all are there") { test throws in
            onThreads(6) { thread throws in
                for number in 0..<40 {
                    let bytes = content(UInt64(thread * 1000 + number), count: 1000 + number)
                    let folder: StorageFolder = number % 2 == 0 ? .data : .index
                    let name = number % 3 == 0 ? try test.putFile(bytes, in: folder) : try test.put(bytes, in: folder)
                    // What a `put` has acknowledged is there at once, for reading and in listings.
                    #expect(try test.backend.read(name) == bytes)
                    if number == 39 { #expect(try test.list(folder).contains { $0.id == name.id }) }
                }
            }
            #expect(try test.list(.data).count == 120 && test.list(.index).count == 120)
        },
        BackendConformance("many threads put the same object, and who reads it meanwhile gets all of it or nothing") {
            test throws in
            let bytes = content(1, count: 3 << 20)
            let name = test.name(bytes, in: .data)
            let isPut = Monitored(0)
            onThreads(6) { thread throws in
                if thread < 4 {
                    for turn in 0..<4 { _ = turn % 2 == 0 ? try test.put(bytes) : try test.putFile(bytes) }
                    isPut.change { $0 += 1 }
                    return
                }
                var found = 0
                while isPut.change({ $0 < 4 }) || found == 0 {
                    do {
                        #expect(test.nameOf(try test.backend.read(name)) == name.id)
                        #expect(try test.read(name, at: (3 << 20) - 10, count: 10) == bytes.suffix(10))
                        found += 1
                    } catch let error as VarveError where error.kind == .notFound {
                        #expect(found == 0)
                    }
                }
            }
            #expect(try test.list(.data) == [ListedObject(id: name.id, size: 3 << 20)])
        },
        BackendConformance("what a listing shows while others write is whole") { test throws in
            let writers = Monitored(3)
            onThreads(5) { thread throws in
                if thread < 3 {
                    for number in 0..<20 {
                        let bytes = content(UInt64(thread * 1000 + number), count: 100_000 + thread)
                        _ = number % 2 == 0 ? try test.put(bytes) : try test.putFile(bytes)
                    }
                    writers.change { $0 -= 1 }
                    return
                }
                var seen: Set<ListedObject> = []
                while seen.count < 60 {
                    let isLast = writers.change { $0 == 0 }
                    let listing = try test.list(.data)
                    #expect(listing.isSuperset(of: seen))
                    for object in listing.subtracting(seen) {
                        let bytes = try test.backend.read(ObjectName(.data, object.id))
                        #expect(UInt64(bytes.count) == object.size && test.nameOf(bytes) == object.id)
                    }
                    seen = listing
                    if isLast { break }
                }
                #expect(seen.count == 60)
            }
        },
        BackendConformance("threads that delete and list at once get in nobody's way") { test throws in
            let names = try (0..<120).map { try test.put(content($0, count: 8), in: .locks) }
            onThreads(4) { thread throws in
                if thread == 0 {
                    for _ in 0..<20 { for object in try test.list(.locks) { #expect(object.size == 8) } }
                } else {
                    // Each name is deleted by two threads.
                    for (number, name) in names.enumerated() where number % 3 != thread - 1 {
                        try test.backend.delete(name)
                    }
                }
            }
            #expect(try test.list(.locks).isEmpty)
        },
    ]
}
