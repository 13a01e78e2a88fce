import Indexing
import SeededData
import Testing
import Threads

@testable import Repositories

@Suite struct SealedSegmentsTests {
    private let segments = SealedSegments()
    private let spareBuffers = SpareBuffers()
    private let first = SegmentKey(pack: 1, offset: 128)
    private let second = SegmentKey(pack: 1, offset: 1128)

    private func reply(_ bytes: [UInt8]) -> SealedSegments.Reply {
        let buffer = Buffer(capacity: bytes.count)
        buffer.bytes.copyBytes(from: bytes)
        return SealedSegments.Reply(buffer, spareBuffers)
    }

    private func bytes(of segment: SegmentKey) -> [UInt8]? {
        segments.bytes(of: segment).map { bytes in
            defer { withExtendedLifetime(bytes) {} }
            return Array(bytes.sealed)
        }
    }

    @Test func whatNobodyHoldsIsNotThere() {
        #expect(bytes(of: first) == nil)
        segments.put(SealedSegments.Bytes(reply: reply([1]), range: 0..<1), for: first)
        #expect(bytes(of: first) == nil)
    }

    @Test func aReplyIsForSeveralSegments() {
        #expect(segments.hold(first) && segments.hold(second))
        let reply = reply([1, 2, 3, 4, 5])
        segments.put(SealedSegments.Bytes(reply: reply, range: 0..<2), for: first)
        segments.put(SealedSegments.Bytes(reply: reply, range: 3..<5), for: second)
        #expect(bytes(of: first) == [1, 2] && bytes(of: second) == [4, 5])
        segments.release([first])
        #expect(bytes(of: first) == nil && bytes(of: second) == [4, 5])
    }

    @Test func itStaysAsLongAsOneHoldsIt() {
        #expect(segments.hold(first))
        #expect(!segments.hold(first), "it is being read already")
        segments.put(SealedSegments.Bytes(reply: reply([7]), range: 0..<1), for: first)
        segments.release([first])
        #expect(bytes(of: first) == [7])
        segments.release([first])
        #expect(bytes(of: first) == nil)
        // What is let go once too often is not counted for the next.
        segments.release([first])
        #expect(segments.hold(first))
    }

    @Test func whatCouldNotBeReadIsNotWaitedFor() {
        #expect(segments.hold(first))
        segments.put(nil, for: first)
        #expect(bytes(of: first) == nil)
    }

    @Test func whoAsksEarlyWaits() {
        #expect(segments.hold(first))
        let asked = Promise<[UInt8]?>()
        let thread = WorkerThread(name: "ask") { asked.fulfil(.success(bytes(of: first))) }
        segments.put(SealedSegments.Bytes(reply: reply([9, 9]), range: 0..<2), for: first)
        thread.join()
        #expect((try? asked.value()) == [9, 9])
    }
}
