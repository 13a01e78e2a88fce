import Primitives
import Testing
import Threads

@Suite("BoundedQueue", .timeLimit(.minutes(60)))
struct BoundedQueueTests {
    @Test(
        "gives elements in the order in which they came, however often the ring goes round",
        arguments: [1, 2, 3, 7, 64])
    func keepsOrder(capacity: Int) throws {
        let queue = BoundedQueue<Int>(capacity: capacity)
        let producer = WorkerThread(name: "producer") {
            for number in 0..<5000 { succeeding { try queue.push(number) } }
            queue.finish()
        }
        var received: [Int] = []
        while let number = try queue.pop() { received.append(number) }
        producer.join()
        #expect(received == Array(0..<5000))
    }

    @Test("holds no more than its capacity: who pushes waits for who pops")
    func isBounded() throws {
        let queue = BoundedQueue<Int>(capacity: 3)
        let pushed = Monitored(0)
        let producer = WorkerThread(name: "producer") {
            for number in 0..<10 {
                succeeding { try queue.push(number) }
                pushed.change { $0 += 1 }
            }
        }
        for popped in 0..<7 {
            pushed.wait { $0 >= popped + 3 ? true : nil }
            // Right code never fails here, whatever the machine is busy with; wrong code has the time to.
            #expect(pushed.wait(atMost: 0.01) { $0 > popped + 3 ? true : nil } == nil)
            #expect(try queue.pop() == popped)
        }
        producer.join()
    }

    @Test("gives every element to exactly one of many threads, and no thread gets them out of order")
    func manyThreads() {
        let queue = BoundedQueue<Int>(capacity: 4)
        let received = Locked<[Int]>([])
        let consumers = (0..<3).map { _ in
            WorkerThread(name: "consumer") {
                var last = [-1, -1, -1]
                succeeding {
                    while let number = try queue.pop() {
                        #expect(last[number % 3] < number)
                        last[number % 3] = number
                        received.withLock { $0.append(number) }
                    }
                }
            }
        }
        let producers = (0..<3).map { first in
            WorkerThread(name: "producer") {
                for number in stride(from: first, to: 3000, by: 3) {
                    succeeding { try queue.push(number) }
                }
            }
        }
        for producer in producers { producer.join() }
        queue.finish()
        for consumer in consumers { consumer.join() }
        #expect(received.withLock { $0.sorted() } == Array(0..<3000))
    }

    @Test("still gives what it holds when it is finished, then nothing, to everybody")
    func finishes() throws {
        let queue = BoundedQueue<String>(capacity: 2)
        try queue.push("a")
        try queue.push("b")
        queue.finish()
        #expect(try queue.pop() == "a")
        #expect(try queue.pop() == "b")
        #expect(try queue.pop() == nil)
        #expect(try queue.pop() == nil)
    }

    @Test("wakes who waits for an element when it is finished")
    func finishWakes() {
        let queue = BoundedQueue<Int>(capacity: 1)
        let consumers = (0..<3).map { _ in
            WorkerThread(name: "consumer") {
                succeeding {
                    let element = try queue.pop()
                    #expect(element == nil)
                }
            }
        }
        queue.finish()
        for consumer in consumers { consumer.join() }
    }

    @Test("wakes everybody with the first error, and gives it to all who come later")
    func fails() throws {
        let queue = BoundedQueue<Int>(capacity: 1)
        try queue.push(1)
        let first = VarveError(.storage, "first")
        let producers = (0..<2).map { number in
            WorkerThread(name: "producer") { #expect(throws: first) { try queue.push(number) } }
        }
        queue.fail(first)
        queue.fail(VarveError(.storage, "second"))
        for producer in producers { producer.join() }
        #expect(throws: first) { try queue.pop() }
        #expect(throws: first) { try queue.push(3) }
        queue.finish()
        #expect(throws: first) { try queue.pop() }

        let empty = BoundedQueue<Int>(capacity: 1)
        let consumer = WorkerThread(name: "consumer") { #expect(throws: first) { try empty.pop() } }
        empty.fail(first)
        consumer.join()
    }

    @Test("keeps nothing alive that it gave away")
    func releasesPopped() throws {
        let queue = BoundedQueue<Witness>(capacity: 4)
        let alive = Locked(0)
        try queue.push(Witness(alive))
        try queue.push(Witness(alive))
        try queue.push(Witness(alive))
        #expect(alive.withLock { $0 } == 3)
        _ = try queue.pop()
        #expect(alive.withLock { $0 } == 2)
        _ = try queue.pop()
        #expect(alive.withLock { $0 } == 1)
    }

    @Test("lets go of what it holds when it fails")
    func failureReleases() throws {
        let queue = BoundedQueue<Witness>(capacity: 4)
        let alive = Locked(0)
        try queue.push(Witness(alive))
        try queue.push(Witness(alive))
        queue.fail(VarveError(.cancelled, "the work was ended"))
        #expect(alive.withLock { $0 } == 0)
    }

    @Test("takes nothing once it is finished")
    func refusesAfterFinish() async {
        await #expect(processExitsWith: .failure) {
            let queue = BoundedQueue<Int>(capacity: 1)
            queue.finish()
            try queue.push(1)
        }
    }
}

/// Counts how many of its kind are alive.
private final class Witness: Sendable {
    private let alive: Locked<Int>

    init(_ alive: Locked<Int>) {
        self.alive = alive
        alive.withLock { $0 += 1 }
    }

    deinit { alive.withLock { $0 -= 1 } }
}
