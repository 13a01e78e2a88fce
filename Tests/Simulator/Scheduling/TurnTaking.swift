import SeededData
import Threads

/// Lets one thread run at a time, chosen by a seed, on a clock that moves only when everybody waits.
///
/// All of its state belongs to the thread whose turn it is; a turn is handed over through a semaphore.
package final class TurnTaking: ThreadScheduler, @unchecked Sendable {
    // Unchecked: one thread runs at a time.

    /// A thread. One that waits for nothing is ready.
    private struct Seat {
        let name: String
        var process: Int
        let gate: TurnGate
        /// What it waits on.
        var place: UnsafeRawPointer?
        var deadline = Double.infinity
        var isLate = false
        var hasEnded = false
    }

    private var seats: [Seat] = []
    /// The numbers of the threads that have not ended.
    private var alive: [Int] = []
    private var running = 0
    private var candidates: [Int] = []
    private var random: SeededRandom
    private var pausedUntil: [Int: Double] = [:]
    private var deadProcesses: Set<Int> = []
    private let finish = TurnGate()
    private let sleeping = UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)
    private let stuck: (String) -> Never
    /// One of so many locks is a moment to change threads; 0 for none.
    private let lockRate: UInt64

    /// Seconds since the run began.
    package private(set) var now = 0.0
    /// How often a turn was handed over.
    package private(set) var turns = 0

    /// How long at most the threads of a dead process wait for a moment, in seconds.
    private static let deadPatience = 1.0
    /// A run that takes more turns has no end.
    private static let turnLimit = 20_000_000

    /// - Parameter stuck: is called where nobody can go on.
    package init(seed: UInt64, stuck: @escaping (String) -> Never) {
        var random = SeededRandom(seed: seed)
        lockRate = [0, 0, 64, 8][Int(random.next() % 4)]
        self.random = random
        self.stuck = stuck
    }

    deinit { sleeping.deallocate() }

    /// Runs `body` on a first thread, and all that it starts, to their ends.
    package func run(_ body: @escaping @Sendable () -> Void) {
        let first = WorkerThread(name: "conductor", under: self, body)
        seats[0].gate.open()
        finish.wait()
        first.join()
    }

    // MARK: What simulated processes are

    /// The number of the process that the running thread belongs to; threads that it starts belong to the same.
    package var process: Int {
        get { seats[running].process }
        set { seats[running].process = newValue }
    }

    /// Lets no thread of a process run for so many seconds.
    package func pause(process: Int, seconds: Double) {
        pausedUntil[process] = max(pausedUntil[process] ?? 0, now + seconds)
        yield()
    }

    /// Shortens all waiting of a process for moments to come: it can do nothing but end.
    package func kill(process: Int) {
        deadProcesses.insert(process)
        pausedUntil[process] = nil
        for number in alive where seats[number].process == process && seats[number].deadline < .infinity {
            seats[number].deadline = min(seats[number].deadline, now + TurnTaking.deadPatience)
        }
    }

    /// Waits so many seconds.
    package func sleep(_ seconds: Double) { _ = wait(on: sleeping, until: now + seconds) }

    /// Lets another thread run, perhaps.
    package func yield() { handOver() }

    // MARK: ThreadScheduler

    package func pass() {
        if lockRate > 0, random.next() % lockRate == 0 { handOver() }
    }

    package func wait(on place: UnsafeRawPointer, until deadline: Double?) -> Bool {
        let isDead = deadProcesses.contains(seats[running].process)
        seats[running].place = place
        seats[running].deadline = deadline.map { isDead ? min($0, now + TurnTaking.deadPatience) : $0 } ?? .infinity
        seats[running].isLate = false
        handOver()
        return !seats[running].isLate
    }

    package func notify(_ place: UnsafeRawPointer) {
        for number in alive where seats[number].place == place {
            seats[number].place = nil
            seats[number].deadline = .infinity
        }
    }

    package func announce(_ name: String, _ gate: TurnGate) -> Int {
        let process = seats.isEmpty ? 0 : seats[running].process
        seats.append(Seat(name: name, process: process, gate: gate))
        alive.append(seats.count - 1)
        return seats.count - 1
    }

    package func end(_ number: Int) {
        seats[number].hasEnded = true
        alive.removeAll { $0 == number }
        notify(ending(number))
        if alive.isEmpty {
            finish.open()
        } else {
            running = choose()
            let gate = seats[running].gate
            gate.open()
        }
    }

    package func join(_ number: Int) {
        while !seats[number].hasEnded { _ = wait(on: ending(number), until: nil) }
    }

    /// What those wait on who wait for the end of a thread.
    private func ending(_ number: Int) -> UnsafeRawPointer {
        UnsafeRawPointer(Unmanaged.passUnretained(seats[number].gate).toOpaque())
    }

    // MARK: Turns

    private func handOver() {
        let own = running
        let next = choose()
        if next == own { return }
        running = next
        let (ownGate, nextGate) = (seats[own].gate, seats[next].gate)
        // From here on all but the own gate belongs to the other thread.
        nextGate.open()
        ownGate.wait()
    }

    /// Chooses among the threads that can run; where none can, time passes until one can.
    private func choose() -> Int {
        turns += 1
        if turns > TurnTaking.turnLimit { stuck("there is no end to it:\(description)") }
        while true {
            var next = Double.infinity
            candidates.removeAll(keepingCapacity: true)
            for number in alive {
                let start = pausedUntil.isEmpty ? 0 : pausedUntil[seats[number].process] ?? 0
                let moment = seats[number].place == nil ? start : max(start, seats[number].deadline)
                if moment <= now { candidates.append(number) } else { next = min(next, moment) }
            }
            if let chosen = candidates.randomElement(using: &random) {
                if seats[chosen].place != nil {
                    seats[chosen].isLate = true
                    seats[chosen].place = nil
                    seats[chosen].deadline = .infinity
                }
                return chosen
            }
            if next == .infinity { stuck("all wait for each other:\(description)") }
            now = next
        }
    }

    private var description: String {
        alive.map { number in
            "\n  process \(seats[number].process): \(seats[number].name)"
                + (seats[number].place.map { ", waits on \($0)" } ?? "")
        }.joined()
    }
}
