import Backends
import Primitives
import Testing
import Threads

/// How work ends: by the user's wish, by the end of the program, and what is there afterwards.
extension BackendConformance {
    /// Puts and reads until something fails, or, where nothing does, until the end of what began after `hasEnded`.
    private static func workUntilFailure(_ test: BackendUnderTest, _ thread: Int, _ hasEnded: Monitored<Bool>) -> (
        any Error
    )? {
        var number = 0
        while true {
            let isLast = hasEnded.change { $0 }
            let bytes = content(UInt64(thread * 1000 + number % 5), count: 1 << 20)
            do {
                let name = thread % 2 == 0 ? try test.put(bytes) : try test.putFile(bytes)
                _ = try test.read(name, at: 1000, count: 500_000)
            } catch {
                return error
            }
            if isLast { return nil }
            number += 1
        }
    }

    /// Ends work on six threads by `end`, and gives what failed; records an issue where a thread goes on for 20 seconds.
    private static func ending(_ test: BackendUnderTest, _ end: () -> Void) -> [any Error] {
        let outcomes = Monitored<[(any Error)?]>([])
        let hasEnded = Monitored(false)
        let threads = (0..<6).map { thread in
            WorkerThread(name: "test-\(thread)") {
                let outcome = workUntilFailure(test, thread, hasEnded)
                outcomes.change { $0.append(outcome) }
            }
        }
        // By then all of them have something in flight, unless they have failed.
        while outcomes.change({ $0.isEmpty }), (try? test.list(.data).count) ?? 6 < 6 {}
        end()
        hasEnded.change { $0 = true }
        let all = outcomes.wait(atMost: 20) { $0.count == 6 ? $0 : nil }
        #expect(all != nil, "some work did not end")
        if all != nil { for thread in threads { thread.join() } }
        return outcomes.change { $0.compactMap { $0 } }
    }

    private static func expectWholeObjects(_ test: BackendUnderTest, in backend: any Backend) throws {
        let objects: [ListedObject] = try backend.list(.data)
        #expect(objects.count >= 6)
        for object in objects {
            #expect(object.size == 1 << 20)
            #expect(test.nameOf(try backend.read(ObjectName(.data, object.id))) == object.id)
        }
    }

    static let endings = [
        BackendConformance("what is in flight ends soon where the work is cancelled; who was cancelled can clean up") {
            test throws in
            guard let cancel = test.traits.cancel, let reopen = test.traits.reopen else { return }
            let lock = try test.put([1], in: .locks)
            for failure in ending(test, cancel) { #expect((failure as? VarveError)?.kind == .cancelled, "\(failure)") }
            try test.backend.delete(lock)
            #expect(try test.list(.locks).isEmpty)
            test.backend.close()
            let backend = try reopen()
            defer { backend.close() }
            try expectWholeObjects(test, in: backend)
        },
        BackendConformance("what is in flight ends where the backend is closed, and leaves whole objects") {
            test throws in
            guard test.traits.isRemote, let reopen = test.traits.reopen else { return }
            let failures = ending(test, test.backend.close)
            #expect(!failures.isEmpty)
            for failure in failures { #expect(failure is VarveError) }
            let backend = try reopen()
            defer { backend.close() }
            try expectWholeObjects(test, in: backend)
        },
        BackendConformance("another backend of the same place sees all, and closing twice is no harm") { test throws in
            guard let reopen = test.traits.reopen else { return }
            try test.backend.writeConfiguration([1, 2])
            let name = try test.put([1, 2, 3])
            let other = try reopen()
            #expect(try other.readConfiguration() == [1, 2])
            #expect(try other.read(name) == [1, 2, 3])
            #expect(try test.failure { try other.writeConfiguration([3]) }?.kind == .repositoryExists)
            try other.put(test.name([4], in: .data), [4])
            #expect(try test.list(.data).count == 2)
            other.close()
            other.close()
            #expect(try test.backend.read(test.name([4], in: .data)) == [4])
        },
        BackendConformance("the backend counts what went over the network") { test throws in
            guard test.traits.isRemote else { return }
            let before = try #require(test.backend.traffic)
            let name = try test.put(content(1, count: 300_000))
            _ = try test.read(name, at: 0, count: 200_000)
            let after = try #require(test.backend.traffic)
            #expect(after.totalRequests >= before.totalRequests + 2)
            #expect(after.sentBytes >= before.sentBytes + 300_000)
            #expect(after.receivedBytes >= before.receivedBytes + 200_000)
        },
    ]
}
