import Primitives
import Testing
import Threads

@Suite("BufferPool", .timeLimit(.minutes(60)))
struct BufferPoolTests {
    @Test("gives so many buffers and no more, all of the size and all different")
    func isLimited() throws {
        let pool = BufferPool(count: 3, capacity: 1000)
        let buffers = [try pool.take(), try pool.take(), try pool.take()]
        #expect(Set(buffers.map { $0.bytes.baseAddress }).count == 3)
        for buffer in buffers {
            #expect(buffer.capacity == 1000 && pool.capacity == 1000)
            buffer.bytes.initializeMemory(as: UInt8.self, repeating: 7)
            #expect(buffer.prefix(10).elementsEqual(repeatElement(7, count: 10)))
        }
        let taken = Monitored<UnsafeMutableRawPointer??>(nil)
        let thread = WorkerThread(name: "take") {
            succeeding {
                let address = try pool.take().bytes.baseAddress
                taken.change { $0 = .some(address) }
            }
        }
        #expect(taken.wait(atMost: 0.02) { $0 } == nil)
        pool.put(buffers[1])
        #expect(taken.wait { $0 } == buffers[1].bytes.baseAddress)
        thread.join()
    }

    @Test("never lets more buffers out than there are, and never one to two")
    func manyThreads() {
        let pool = BufferPool(count: 3, capacity: 64)
        let out = Locked<Set<UnsafeMutableRawPointer?>>([])
        let threads = (0..<6).map { _ in
            WorkerThread(name: "use") {
                for _ in 0..<500 {
                    succeeding {
                        let buffer = try pool.take()
                        let isAlone = out.withLock { $0.insert(buffer.bytes.baseAddress).inserted && $0.count <= 3 }
                        #expect(isAlone)
                        out.withLock { _ = $0.remove(buffer.bytes.baseAddress) }
                        pool.put(buffer)
                    }
                }
            }
        }
        for thread in threads { thread.join() }
    }

    @Test("wakes who waits with the first error, and gives it to all who come later")
    func fails() throws {
        let pool = BufferPool(count: 1, capacity: 64)
        let buffer = try pool.take()
        let error = VarveError(.cancelled, "the user ended the work")
        let thread = WorkerThread(name: "take") { #expect(throws: error) { try pool.take() } }
        pool.fail(error)
        pool.fail(VarveError(.storage, "later"))
        thread.join()
        pool.put(buffer)
        #expect(throws: error) { try pool.take() }
    }
}
