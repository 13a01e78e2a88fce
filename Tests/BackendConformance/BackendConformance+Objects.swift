import Backends
import Primitives
import Testing

extension BackendConformance {
    /// In bytes: above every size of a buffer or a request part.
    private static let largeSize = BackendTraits.isThorough ? 100 << 20 : 40 << 20

    static let objects = [
        BackendConformance("objects of any size come back whole and in parts, from every folder") { test throws in
            for folder in StorageFolder.allCases {
                for (number, size) in [0, 1, 100, 4095, 4096, 4097, 65_536].enumerated() {
                    let bytes = content(UInt64(number), count: size)
                    let name = number % 2 == 0 ? try test.put(bytes, in: folder) : try test.putFile(bytes, in: folder)
                    #expect(try test.backend.read(name) == bytes)
                    #expect(try test.read(name, at: 0, count: size) == bytes)
                    if size > 0 {
                        #expect(try test.read(name, at: UInt64(size) - 1, count: 1) == bytes.suffix(1))
                        let middle = size / 3..<size / 2 + 1
                        let part = try test.read(name, at: UInt64(middle.lowerBound), count: middle.count)
                        #expect(part == Array(bytes[middle]))
                    }
                }
            }
        },
        BackendConformance("a large object comes back whole and in parts") { test throws in
            let bytes = content(40, count: largeSize)
            let name = try test.put(bytes)
            #expect(test.nameOf(try test.backend.read(name)) == name.id)
            for start in [0, 1, 8 << 20, 20_000_003, largeSize - 70_000] {
                #expect(try test.read(name, at: UInt64(start), count: 70_000) == Array(bytes[start..<start + 70_000]))
            }
            #expect(try test.list(.data) == [ListedObject(id: name.id, size: UInt64(largeSize))])
        },
        BackendConformance("a large file becomes an object and is gone") { test throws in
            let bytes = content(41, count: largeSize)
            let name = try test.putFile(bytes)
            #expect(test.nameOf(try test.backend.read(name)) == name.id)
            #expect(try test.read(name, at: 30 << 20, count: 1000) == Array(bytes[30 << 20..<(30 << 20) + 1000]))
        },
        BackendConformance("what does not exist is not found, by its name and place") { test throws in
            for folder in StorageFolder.allCases {
                let name = test.name([7], in: folder)
                for error in [
                    try test.failure { try test.backend.read(name) },
                    try test.failure { try test.read(name, at: 0, count: 1) },
                    try test.failure { try test.read(name, at: 1 << 40, count: 0) },
                ] {
                    #expect(error?.kind == .notFound)
                    #expect(error?.problem.contains("\(name)") == true)
                    #expect(error?.problem.contains(test.backend.location) == true)
                }
            }
        },
        BackendConformance("a part beyond the end is damage, by its name") { test throws in
            let name = try test.put(content(1, count: 1000))
            for (offset, count) in [
                (UInt64(0), 1001), (1, 1000), (999, 2), (1000, 1), (1 << 40, 1), (1 << 63, 7), (.max, 9),
            ] {
                let error = try test.failure { try test.read(name, at: offset, count: count) }
                #expect(error?.kind == .damaged, "\(count) bytes at \(offset)")
                #expect(error?.problem.contains("\(name)") == true)
            }
        },
        BackendConformance("an object that is larger than its folder allows is not read whole") { test throws in
            let allowed = try test.put(content(1, count: 1 << 16), in: .locks)
            #expect(try test.backend.read(allowed).count == 1 << 16)
            let name = try test.put(content(2, count: (1 << 16) + 1), in: .locks)
            let error = try test.failure { try test.backend.read(name) }
            #expect(error?.kind == .damaged)
            #expect(error?.problem.contains("\(name)") == true && error?.problem.contains("65537") == true)
        },
        BackendConformance("an object may be put again") { test throws in
            let bytes = content(1, count: 5000)
            let name = try test.put(bytes)
            #expect(try test.put(bytes) == name)
            #expect(try test.putFile(bytes) == name)
            #expect(try test.backend.read(name) == bytes)
            #expect(try test.list(.data).count == 1)
        },
        BackendConformance("the same name in two folders is two objects") { test throws in
            let names = try StorageFolder.allCases.map { try test.put([1, 2, 3], in: $0) }
            try test.backend.delete(names[1])
            for (number, name) in names.enumerated() {
                #expect(try test.failure { try test.backend.read(name) }?.kind == (number == 1 ? .notFound : nil))
            }
        },
        BackendConformance("what is deleted is gone, and nothing else; deleting what is not there is no error") {
            test throws in
            for folder in StorageFolder.allCases {
                let (first, second) = (try test.put([1], in: folder), try test.put([2], in: folder))
                try test.backend.delete(first)
                #expect(try test.failure { try test.backend.read(first) }?.kind == .notFound)
                #expect(try test.list(folder) == [ListedObject(id: second.id, size: 1)])
                try test.backend.delete(first)
                try test.backend.delete(test.name([3], in: folder))
                #expect(try test.backend.read(second) == [2])
                try test.put([1], in: folder)
                #expect(try test.backend.read(first) == [1])
            }
        },
        BackendConformance("what is deleted together is gone, in all folders, and nothing else") { test throws in
            let going = try StorageFolder.allCases.flatMap { folder in
                try (0..<20).map { try test.put([$0, 1], in: folder) }
            }
            let staying = try StorageFolder.allCases.map { try test.put([1], in: $0) }
            #expect(test.backend.delete(going + [test.name([3], in: .data), going[0]]).isEmpty)
            for name in staying { #expect(try test.list(name.folder) == [ListedObject(id: name.id, size: 1)]) }
            #expect(test.backend.delete([]).isEmpty)
        },
        BackendConformance("what is set aside is out of the repository, and may be put again") { test throws in
            for folder in [StorageFolder.index, .snapshots] {
                let (name, other) = (try test.put([1, 2, 3], in: folder), try test.put([4], in: folder))
                guard test.traits.canSetAside else {
                    #expect(try test.failure { try test.backend.setAside(name) }?.kind == .storage)
                    #expect(try test.backend.read(name) == [1, 2, 3])
                    continue
                }
                for _ in 0..<2 {
                    try test.backend.setAside(name)
                    #expect(try test.failure { try test.backend.read(name) }?.kind == .notFound)
                    #expect(try test.list(folder) == [ListedObject(id: other.id, size: 1)])
                    #expect(try test.failure { try test.backend.setAside(name) }?.kind == .notFound)
                    try test.put([1, 2, 3], in: folder)
                    #expect(try test.backend.read(name) == [1, 2, 3])
                }
            }
        },
        BackendConformance(
            "bytes that are not of their name are refused, or come back as they are for the reader to see"
        ) {
            test throws in
            for (number, folder) in [StorageFolder.data, .index, .data].enumerated() {
                let wrong = content(UInt64(number), count: 70_000)
                let name = test.name([UInt8(number)], in: folder)
                let error = try test.failure {
                    if number == 2 { try test.putFile(wrong, as: name) } else { try test.backend.put(name, wrong) }
                }
                if test.traits.refusesWrongHash {
                    #expect(error?.kind == .storage || error?.kind == .damaged)
                    #expect(error?.isRetryable == false && error?.problem.contains("\(name)") == true)
                    #expect(try test.failure { try test.backend.read(name) }?.kind == .notFound)
                    #expect(try !test.list(folder).contains { $0.id == name.id })
                } else {
                    #expect(error == nil)
                    let bytes = try test.backend.read(name)
                    #expect(bytes == wrong && test.nameOf(bytes) != name.id)
                }
            }
        },
    ]
}
