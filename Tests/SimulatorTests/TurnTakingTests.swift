import Simulator
import Testing
import Threads

/// Threads take turns: one at a time, by a seed, on a clock of their own.
struct TurnTakingTests {
    private func scheduler(_ seed: UInt64) -> TurnTaking {
        TurnTaking(seed: seed) { text in fatalError(text) }
    }

    /// The order in which three threads of four steps each take them.
    private func order(_ seed: UInt64) -> [Int] {
        let scheduler = scheduler(seed)
        let order = Locked<[Int]>([])
        scheduler.run {
            let threads = (0..<3).map { number in
                WorkerThread(name: "step") {
                    for _ in 0..<4 {
                        order.withLock { $0.append(number) }
                        scheduler.yield()
                    }
                }
            }
            for thread in threads { thread.join() }
        }
        return order.withLock { $0 }
    }

    @Test func theSeedDecidesTheOrder() {
        let orders = (0..<20).map { order($0) }
        #expect(orders == (0..<20).map { order($0) })
        #expect(Set(orders).count > 10)
        #expect(orders.allSatisfy { $0.sorted() == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2] })
    }

    @Test func timePassesOnlyWhereAllWait() {
        let scheduler = scheduler(1)
        scheduler.run {
            let state = Monitored(0)
            let waiter = WorkerThread(name: "waiter") {
                #expect(state.wait(atMost: 3600) { $0 == 1 ? true : nil } == nil)
                #expect(scheduler.now == 3600)
                #expect(state.wait(atMost: 3600) { $0 == 1 ? true : nil } == true)
                #expect(scheduler.now == 5000)
            }
            scheduler.sleep(5000)
            state.change { $0 = 1 }
            waiter.join()
        }
        #expect(scheduler.now == 5000)
    }

    @Test func aLockIsHeldWhileItsHolderWaits() {
        for seed in 0..<50 as Range<UInt64> {
            let scheduler = scheduler(seed)
            let isInside = Locked(false)
            let held = Locked(())
            scheduler.run {
                let threads = (0..<3).map { _ in
                    WorkerThread(name: "holder") {
                        held.withLock { _ in
                            isInside.withLock { isInside in
                                #expect(!isInside)
                                isInside = true
                            }
                            scheduler.sleep(1)
                            isInside.withLock { $0 = false }
                        }
                    }
                }
                for thread in threads { thread.join() }
            }
            #expect(scheduler.now == 3)
        }
    }

    @Test func aPausedProcessStandsStillWhileOthersGoOn() {
        let scheduler = scheduler(7)
        scheduler.run {
            let paused = WorkerThread(name: "paused") {
                scheduler.process = 1
                scheduler.pause(process: 1, seconds: 7200)
                #expect(scheduler.now == 7200)
            }
            let other = WorkerThread(name: "other") {
                scheduler.process = 2
                scheduler.sleep(60)
                #expect(scheduler.now == 60)
            }
            other.join()
            paused.join()
        }
    }

    @Test func aDeadProcessWaitsForNoFarMoment() {
        let scheduler = scheduler(7)
        scheduler.run {
            let dying = WorkerThread(name: "dying") {
                scheduler.process = 1
                scheduler.sleep(1_000_000)
            }
            scheduler.sleep(10)
            scheduler.kill(process: 1)
            dying.join()
            #expect(scheduler.now <= 11)
        }
    }
}
