import Glibc
import Primitives
import Testing
import Threads

@Suite("Threads and pools of them", .timeLimit(.minutes(60)))
struct WorkerTests {
    @Test("joining waits for the end, as often as one likes")
    func joins() {
        let isDone = Locked(false)
        let thread = WorkerThread(name: "work") { isDone.withLock { $0 = true } }
        thread.join()
        #expect(isDone.withLock { $0 })
        thread.join()
    }

    @Test("a thread has its name, shortened to what the system takes")
    func isNamed() {
        let seen = Locked("")
        let thread = WorkerThread(name: "0123456789abcdefghij") {
            guard let file = fopen("/proc/thread-self/comm", "r") else { return }
            defer { fclose(file) }
            var line = [UInt8](repeating: 0, count: 64)
            let count = fread(&line, 1, line.count, file)
            seen.withLock { $0 = String(decoding: line[..<count], as: UTF8.self) }
        }
        thread.join()
        #expect(seen.withLock { $0 } == "0123456789abcde\n")
    }

    @Test("a thread has the stack that it asks for")
    func hasStack() {
        /// Goes down by 8 KiB of stack a step; not in a loop, because of what is done after the call.
        @Sendable func descend(_ depth: Int) -> Int {
            var room = InlineArray<8192, UInt8>(repeating: 0)
            room[depth] = UInt8(depth & 1)
            return depth == 0 ? 0 : descend(depth - 1) + Int(room[depth])
        }
        let result = Locked(-1)
        let thread = WorkerThread(name: "deep", stackSize: 64 << 20) {
            let sum = descend(4000)
            result.withLock { $0 = sum }
        }
        thread.join()
        #expect(result.withLock { $0 } == 2000)
    }

    @Test("a thread that nobody joins leaves nothing behind")
    func isDetached() throws {
        func mappings() throws -> Int {
            let file = try #require(fopen("/proc/self/maps", "r"))
            defer { fclose(file) }
            var count = 0
            while case let byte = fgetc(file), byte != EOF { if byte == 10 { count += 1 } }
            return count
        }
        let before = try mappings()
        for _ in 0..<200 {
            let isDone = Promise<Bool>()
            _ = WorkerThread(name: "short") { isDone.fulfil(.success(true)) }
            #expect(try isDone.value())
        }
        // A stack is two mappings; what other tests do meanwhile is far less than 200 of them.
        #expect(try mappings() - before < 200)
    }

    @Test("a pool does all work, each piece on one of its workers, none of which does two at once", arguments: [1, 4])
    func pool(width: Int) {
        let pool = WorkerPool(name: "pool", width: width, backlog: 2)
        #expect(pool.width == width)
        let busy = Locked<Set<Int>>([])
        let done = Locked<[Int]>([])
        for piece in 0..<500 {
            pool.submit { worker in
                #expect((0..<width).contains(worker))
                #expect(busy.withLock { $0.insert(worker).inserted })
                done.withLock { $0.append(piece) }
                busy.withLock { _ = $0.remove(worker) }
            }
        }
        pool.finish()
        #expect(done.withLock { $0.sorted() } == Array(0..<500))
        if width == 1 { #expect(done.withLock { $0 } == Array(0..<500)) }
    }

    @Test("a pool does several pieces at once: each of these waits for the others")
    func poolIsParallel() {
        let pool = WorkerPool(name: "pool", width: 3, backlog: 1)
        let present = Monitored(0)
        for _ in 0..<3 {
            pool.submit { _ in
                present.change { $0 += 1 }
                _ = present.wait { $0 == 3 ? true : nil }
            }
        }
        pool.finish()
        #expect(present.change { $0 } == 3)
    }

    @Test("submitting waits where the backlog is full")
    func backlogIsBounded() {
        let pool = WorkerPool(name: "pool", width: 1, backlog: 2)
        let isOpen = Monitored(false)
        let submitted = Monitored(0)
        let submitter = WorkerThread(name: "submit") {
            for _ in 0..<6 {
                pool.submit { _ in _ = isOpen.wait { $0 ? true : nil } }
                submitted.change { $0 += 1 }
            }
        }
        // One is being done, two wait.
        submitted.wait { $0 >= 3 ? true : nil }
        #expect(submitted.wait(atMost: 0.02) { $0 > 3 ? true : nil } == nil)
        isOpen.change { $0 = true }
        submitter.join()
        pool.finish()
    }

    @Test("a pool that is let go of ends its threads once the work is done")
    func poolEndsItself() throws {
        let last = Promise<Int>()
        do {
            let pool = WorkerPool(name: "pool", width: 2, backlog: 8)
            for piece in 0..<8 { pool.submit { _ in if piece == 7 { last.fulfil(.success(piece)) } } }
        }
        #expect(try last.value() == 7)
    }
}

@Suite("Promise and Cancellation", .timeLimit(.minutes(60)))
struct PromiseTests {
    @Test("a promise gives its first value to all who ask, before and after")
    func promise() throws {
        let promise = Promise<Int>()
        let early = (0..<3).map { _ in
            WorkerThread(name: "ask") {
                succeeding {
                    let value = try promise.value()
                    #expect(value == 1)
                }
            }
        }
        promise.fulfil(.success(1))
        promise.fulfil(.success(2))
        promise.fulfil(.failure(VarveError(.storage, "too late")))
        for thread in early { thread.join() }
        #expect(try promise.value() == 1)
    }

    @Test("a promise gives an error as well")
    func brokenPromise() {
        let promise = Promise<Int>()
        let error = VarveError(.damaged, "pack 3f2a")
        promise.fulfil(.failure(error))
        promise.fulfil(.success(1))
        #expect(throws: error) { try promise.value() }
    }

    @Test("cancelling keeps the first error, and runs each action once")
    func cancels() throws {
        let cancellation = Cancellation()
        let runs = Locked<[String]>([])
        cancellation.whenCancelled { runs.withLock { $0.append("a") } }
        cancellation.whenCancelled { runs.withLock { $0.append("b") } }
        #expect(!cancellation.isCancelled)
        try cancellation.check()
        #expect(runs.withLock { $0.isEmpty })

        let error = VarveError(.cancelled, "the user ended the work")
        cancellation.cancel(error)
        cancellation.cancel(VarveError(.storage, "a consequence"))
        #expect(cancellation.isCancelled && cancellation.error == error)
        #expect(throws: error) { try cancellation.check() }
        #expect(runs.withLock { $0 } == ["a", "b"])

        cancellation.whenCancelled { runs.withLock { $0.append("late") } }
        #expect(runs.withLock { $0 } == ["a", "b", "late"])
    }

    @Test("an action may look at the cancellation and add others")
    func actionsMayAsk() {
        let cancellation = Cancellation()
        let seen = Locked<[VarveError?]>([])
        cancellation.whenCancelled {
            let error = cancellation.error
            seen.withLock { $0.append(error) }
            cancellation.whenCancelled { seen.withLock { $0.append(error) } }
        }
        let error = VarveError(.source, "the command failed")
        cancellation.cancel(error)
        #expect(seen.withLock { $0 } == [error, error])
    }

    @Test("an action is told why, and keeps no cancellation alive")
    func actionsAreTold() {
        let seen = Locked<[VarveError]>([])
        weak var left: Cancellation?
        do {
            let cancellation = Cancellation()
            left = cancellation
            cancellation.whenCancelled { error in seen.withLock { $0.append(error) } }
            cancellation.cancel(VarveError(.cancelled, "enough"))
            cancellation.whenCancelled { error in seen.withLock { $0.append(error) } }
        }
        #expect(seen.withLock { $0.map(\.problem) } == ["enough", "enough"])
        #expect(left == nil)
    }

    @Test("of threads that cancel and threads that add actions at the same time, each action runs once")
    func racing() {
        for _ in 0..<20 {
            let cancellation = Cancellation()
            let runs = Locked(0)
            let adders = (0..<2).map { _ in
                WorkerThread(name: "add") {
                    for _ in 0..<20 { cancellation.whenCancelled { runs.withLock { $0 += 1 } } }
                }
            }
            let cancellers = (0..<2).map { number in
                WorkerThread(name: "cancel") { cancellation.cancel(VarveError(.cancelled, "\(number)")) }
            }
            for thread in adders + cancellers { thread.join() }
            #expect(runs.withLock { $0 } == 40)
        }
    }
}
