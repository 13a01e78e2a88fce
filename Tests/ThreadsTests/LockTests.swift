import Testing
import Threads

@Suite("Locked and Monitored", .timeLimit(.minutes(60)))
struct LockTests {
    private struct Failure: Error {}

    @Test("let one thread at a time see the state")
    func excludes() {
        let locked = Locked((count: 0, isInside: false))
        let monitored = Monitored(0)
        let threads = (0..<4).map { _ in
            WorkerThread(name: "count") {
                for _ in 0..<5000 {
                    locked.withLock { state in
                        #expect(!state.isInside)
                        state.isInside = true
                        state.count += 1
                        state.isInside = false
                    }
                    monitored.change { $0 += 1 }
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(locked.withLock { $0.count } == 20_000)
        #expect(monitored.change { $0 } == 20_000)
    }

    @Test("are free again after an error")
    func unlocksAfterErrors() {
        let locked = Locked(0)
        #expect(throws: Failure.self) {
            try locked.withLock { state in
                state = 1
                throw Failure()
            }
        }
        #expect(locked.withLock { $0 } == 1)
        let monitored = Monitored(0)
        #expect(throws: Failure.self) {
            try monitored.change { state in
                state = 1
                throw Failure()
            }
        }
        #expect(throws: Failure.self) { try monitored.wait { _ -> Bool? in throw Failure() } }
        #expect(monitored.change { $0 } == 1)
    }

    @Test("a change wakes every thread that waits, and only a result ends the waiting")
    func changeWakes() {
        let monitored = Monitored(0)
        let results = Locked<[Int]>([])
        let threads = (1...4).map { goal in
            WorkerThread(name: "wait") {
                let seen = monitored.wait { $0 >= goal ? goal : nil }
                results.withLock { $0.append(seen) }
            }
        }
        for _ in 0..<4 { monitored.change { $0 += 1 } }
        for thread in threads { thread.join() }
        #expect(results.withLock { $0.sorted() } == [1, 2, 3, 4])
    }

    @Test("what a waiter does to the state wakes the others")
    func waitersWakeEachOther() {
        let baton = Monitored(0)
        let threads = (0..<5).map { turn in
            WorkerThread(name: "relay") {
                baton.wait { state -> Bool? in
                    guard state == turn else { return nil }
                    state += 1
                    return true
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(baton.change { $0 } == 5)
    }

    @Test(
        "a bounded wait gives up where nothing changes, whatever number it is given",
        arguments: [0.02, 0, -1, -5_000_000_000, -Double.infinity, .nan, .leastNonzeroMagnitude])
    func givesUp(seconds: Double) {
        let monitored = Monitored(0)
        var looks = 0
        let result = monitored.wait(atMost: seconds) { _ -> Bool? in
            looks += 1
            return nil
        }
        #expect(result == nil)
        #expect(looks >= 2)
    }

    @Test(
        "a bounded wait ends with the change that it waits for",
        arguments: [3600, 1e9, 1e300, Double.infinity, .greatestFiniteMagnitude])
    func endsEarly(seconds: Double) {
        let monitored = Monitored(0)
        let thread = WorkerThread(name: "change") {
            for _ in 0..<3 { monitored.change { $0 += 1 } }
        }
        #expect(monitored.wait(atMost: seconds) { $0 == 3 ? "three" : nil } == "three")
        thread.join()
        #expect(monitored.wait(atMost: 0) { $0 == 3 ? "still three" : nil } == "still three")
    }

    @Test("what the last look of a bounded wait does to the state wakes the others")
    func lastLookWakes() {
        struct State {
            var isWatched = false
            var isDone = false
        }
        let monitored = Monitored(State())
        let watcher = WorkerThread(name: "watch") {
            monitored.wait { state -> Bool? in
                state.isWatched = true
                return state.isDone ? true : nil
            }
        }
        // The watcher wakes nobody when it begins to wait: ask until it does.
        while monitored.wait(atMost: 0.001, { $0.isWatched ? true : nil }) == nil {}
        var looks = 0
        let result = monitored.wait(atMost: 0) { state -> Bool? in
            looks += 1
            guard looks > 1 else { return nil }
            state.isDone = true
            return true
        }
        #expect(result == true)
        watcher.join()
    }
}
