import Backends
import Primitives
import Testing
import Threads

extension BackendConformance {
    static let concurrency = [
        BackendConformance("many threads put different objects, and all are there") { test throws in
            let count = test.traits.count(40, remote: 12)
            onThreads(6) { thread throws in
                for number in 0..<count {
                    let bytes = content(UInt64(thread * 1000 + number), count: 1000 + number)
                    let folder: StorageFolder = number % 2 == 0 ? .data : .index
                    let name = number % 3 == 0 ? try test.putFile(bytes, in: folder) : try test.put(bytes, in: folder)
                    // What a `put` has acknowledged is there at once, for reading and in listings.
                    #expect(try test.backend.read(name) == bytes)
                    if number == count - 1 { #expect(try test.list(folder).contains { $0.id == name.id }) }
                }
            }
            #expect(try test.list(.data).count == 3 * count && test.list(.index).count == 3 * count)
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
                        #expect(found == 0 || !test.traits.replacesAtOnce)
                    }
                }
            }
            #expect(try test.list(.data) == [ListedObject(id: name.id, size: 3 << 20)])
        },
        BackendConformance("what a listing shows while others write is whole") { test throws in
            let writers = Monitored(3)
            let count = test.traits.count(20, remote: 8)
            onThreads(5) { thread throws in
                if thread < 3 {
                    for number in 0..<count {
                        let bytes = content(UInt64(thread * 1000 + number), count: 100_000 + thread)
                        _ = number % 2 == 0 ? try test.put(bytes) : try test.putFile(bytes)
                    }
                    writers.change { $0 -= 1 }
                    return
                }
                var seen: Set<ListedObject> = []
                while seen.count < 3 * count {
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
                #expect(seen.count == 3 * count)
            }
        },
        BackendConformance("threads that delete and list at once get in nobody's way") { test throws in
            let names = try (0..<UInt64(test.traits.count(120, remote: 40))).map {
                try test.put(content($0, count: 8), in: .locks)
            }
            onThreads(4) { thread throws in
                if thread == 0 {
                    for _ in 0..<test.traits.count(20, remote: 8) {
                        for object in try test.list(.locks) { #expect(object.size == 8) }
                    }
                } else {
                    // Each name is deleted by two threads.
                    for (number, name) in names.enumerated() where number % 3 != thread - 1 {
                        try test.backend.delete(name)
                    }
                }
            }
            #expect(try test.list(.locks).isEmpty)
        },
        BackendConformance("parts of one object are read by many threads at once, in and over the edges of requests") {
            test throws in
            let bytes = content(7, count: 3 << 20)
            let name = try test.putFile(bytes)
            onThreads(6) { thread throws in
                for number in 0..<test.traits.count(40, remote: 15) {
                    let start = (thread * 40 + number) * 9973 % (2 << 20)
                    let size = [1, 100, 32_768, 32_769, 262_144, 1 << 20][number % 6]
                    #expect(try test.read(name, at: UInt64(start), count: size) == Array(bytes[start..<start + size]))
                }
            }
        },
        BackendConformance("where a put and a delete meet, the object is there whole or not at all") { test throws in
            let bytes = content(1, count: 200_000)
            let name = test.name(bytes, in: .index)
            let writers = Monitored(4)
            onThreads(6) { thread throws in
                if thread < 4 {
                    for turn in 0..<test.traits.count(20, remote: 8) {
                        if thread < 2 {
                            _ = turn % 2 == 0 ? try test.put(bytes, in: .index) : try test.putFile(bytes, in: .index)
                        } else {
                            try test.backend.delete(name)
                        }
                    }
                    writers.change { $0 -= 1 }
                    return
                }
                while writers.change({ $0 > 0 }) {
                    for object in try test.list(.index) { #expect(object.id == name.id && object.size == 200_000) }
                    do {
                        #expect(try test.backend.read(name) == bytes)
                    } catch let error as VarveError {
                        #expect(error.kind == .notFound, "\(error)")
                    }
                }
            }
            let isThere = try test.failure { try test.backend.read(name) } == nil
            #expect(try test.list(.index).isEmpty != isThere)
            try test.put(bytes, in: .index)
            #expect(try test.backend.read(name) == bytes)
            try test.backend.delete(name)
            #expect(try test.list(.index).isEmpty)
        },
    ]
}
