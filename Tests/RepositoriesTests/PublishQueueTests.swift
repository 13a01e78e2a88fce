import Packing
import Primitives
import Testing

@testable import Repositories

@Suite struct PublishQueueTests {
    private func record(_ number: UInt8) -> PackRecord {
        PackRecord(
            id: Digest(UInt64(number), 0, 0, 0), size: 1000,
            header: ObjectHeader(
                type: .dataPack, suite: .none, keyMode: .none, repository: .zero, session: .zero,
                salt: [UInt8](repeating: 0, count: 32)), directory: PackDirectory(segments: []))
    }

    private typealias Queue = PublishQueue<UInt8>

    private func describe(_ work: Queue.Work?) -> String {
        switch work {
        case nil: "wait"
        case .put(let number): "put \(number)"
        case .index(let packs): "index \(packs.count)"
        case .end: "end"
        }
    }

    @Test func packsGoSideBySideAndTheIndexComesWhenAllOfThemAreThere() {
        var queue = Queue(directoryBytesPerIndexObject: 1 << 20, now: 0)
        for number in UInt8(1)...3 { queue.append(number) }
        queue.finish()
        #expect(describe(queue.next(at: 0)) == "put 1")
        #expect(describe(queue.next(at: 0)) == "put 2")
        #expect(describe(queue.next(at: 0)) == "put 3")
        #expect(describe(queue.next(at: 0)) == "wait")
        queue.hasPut(record(2))
        queue.hasPut(record(3))
        // The first is still on its way: the others wait for it, and so do the other threads.
        #expect(describe(queue.next(at: 1)) == "wait")
        queue.hasPut(record(1))
        #expect(describe(queue.next(at: 1)) == "index 3")
        #expect(describe(queue.next(at: 1)) == "end")
    }

    @Test func anIndexObjectComesAfterEightPacksOrAMinute() {
        var queue = Queue(directoryBytesPerIndexObject: 1 << 20, now: 0)
        for number in UInt8(1)...9 {
            queue.append(number)
            #expect(describe(queue.next(at: 0)) == "put \(number)")
        }
        for number in UInt8(1)...8 { queue.hasPut(record(number)) }
        #expect(describe(queue.next(at: 0)) == "index 8")
        queue.hasPut(record(9))
        #expect(describe(queue.next(at: 59)) == "wait")
        #expect(queue.secondsToWait(at: 59) == 1)
        #expect(describe(queue.next(at: 60)) == "index 1")
        #expect(describe(queue.next(at: 60)) == "wait")
        queue.finish()
        #expect(describe(queue.next(at: 60)) == "end")
    }

    @Test func afterAFailureNothingIsBegun() {
        var queue = Queue(directoryBytesPerIndexObject: 1 << 20, now: 0)
        queue.append(1)
        queue.append(2)
        _ = queue.next(at: 0)
        queue.fail()
        #expect(queue.waitingCount == 0)
        #expect(describe(queue.next(at: 0)) == "end")
    }
}
