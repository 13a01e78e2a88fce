import Primitives
import Testing
import Threads

@Suite struct ParallelMapTests {
    /// Counts who is inside, and lets nobody out before so many were there together.
    private final class Gathering: Sendable {
        private let state = Monitored((inside: 0, most: 0, hasGathered: false))
        private let count: Int

        init(of count: Int) { self.count = count }

        func visit() {
            state.change { state in
                state.inside += 1
                state.most = max(state.most, state.inside)
                if state.inside >= count { state.hasGathered = true }
            }
            _ = state.wait(atMost: 20) { $0.hasGathered ? true : nil }
            state.change { $0.inside -= 1 }
        }

        var most: Int { state.change { $0.most } }
    }

    @Test(arguments: [1, 2, 7]) func resultsComeInOrder(width: Int) throws {
        let numbers = Array(0..<100)
        let squares = try ParallelMap(width: width).map(numbers) { number throws(VarveError) in number * number }
        #expect(squares == numbers.map { $0 * $0 })
        #expect(try ParallelMap(width: width).map([Int]()) { number throws(VarveError) in number }.isEmpty)
    }

    @Test func asManyWorkAtOnceAsAreAskedFor() throws {
        let gathering = Gathering(of: 6)
        _ = try ParallelMap(width: 6).map(Array(0..<12)) { _ throws(VarveError) in gathering.visit() }
        #expect(gathering.most == 6)
    }

    @Test func theFirstFailureInOrderIsTold() throws {
        let error = #expect(throws: VarveError.self) {
            try ParallelMap(width: 4).map(Array(0..<50)) { number throws(VarveError) in
                if number >= 20 { throw VarveError(.storage, "number \(number)") }
            }
        }
        #expect(error?.problem == "number 20")
    }

    @Test func aFailureMayBePassedOver() throws {
        var failures = 0
        var sum = 0
        try ParallelMap(width: 3).run(Array(0..<10)) { number throws(VarveError) in
            if number % 3 == 0 { throw VarveError(.damaged, "bad") }
            return number
        } _: { _, result throws(VarveError) in
            switch result {
            case .success(let number): sum += number
            case .failure: failures += 1
            }
        }
        #expect(failures == 4)
        #expect(sum == 1 + 2 + 4 + 5 + 7 + 8)
    }

    @Test func weightsBoundWhatIsBegun() throws {
        let begun = Locked((now: 0, most: 0))
        var taken = 0
        try ParallelMap(width: 8, weightLimit: 30).run(
            Array(0..<40), weights: Array(repeating: 10, count: 40)
        ) { _ throws(VarveError) in
            begun.withLock { state in
                state.now += 1
                state.most = max(state.most, state.now)
            }
        } _: { _, _ throws(VarveError) in
            begun.withLock { $0.now -= 1 }
            taken += 1
        }
        #expect(taken == 40)
        #expect(begun.withLock { $0.most } <= 3)
        // What is above the limit alone is done all the same.
        let heavy = Locked(0)
        try ParallelMap(width: 8, weightLimit: 30).run([1, 2, 3], weights: [100, 100, 100]) {
            number throws(VarveError) in
            heavy.withLock { $0 += number }
        } _: { _, _ throws(VarveError) in
        }
        #expect(heavy.withLock { $0 } == 6)
    }
}
