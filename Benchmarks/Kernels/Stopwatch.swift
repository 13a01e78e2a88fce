import Glibc
import Synchronization

/// Work whose time is taken: it does the same whenever it is run.
struct Kernel {
    let name: String
    let run: () throws -> Void

    init(_ name: String, run: @escaping () throws -> Void) {
        self.name = name
        self.run = run
    }
}

enum Stopwatch {
    /// How long to go on with the runs of some kernels.
    struct Effort {
        let leastRuns: Int
        /// Short kernels are run until so many seconds have passed, because whatever else runs on the machine disturbs
        /// them most.
        let leastSeconds: Double
    }

    /// The shortest time of each kernel, in seconds by the wall clock, and of how many runs.
    ///
    /// The kernels take turns (A B C A B C …), so that a machine that gets slower or faster meanwhile does so for all
    /// of them, and their ratios stay.
    static func bestTimes(of kernels: [Kernel], _ effort: Effort) throws -> (times: [Double], runs: Int) {
        var best = [Double](repeating: .infinity, count: kernels.count)
        var runs = 0
        var spent = 0.0
        while runs < effort.leastRuns || spent < effort.leastSeconds {
            for (number, kernel) in kernels.enumerated() {
                let time = try seconds(kernel.run)
                best[number] = min(best[number], time)
                spent += time
            }
            runs += 1
        }
        return (best, runs)
    }

    private static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let began = (wall: nanoseconds(CLOCK_MONOTONIC), processor: nanoseconds(CLOCK_PROCESS_CPUTIME_ID))
        try body()
        let wall = nanoseconds(CLOCK_MONOTONIC) - began.wall
        wallTime.wrappingAdd(wall, ordering: .relaxed)
        processorTime.wrappingAdd(nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - began.processor, ordering: .relaxed)
        return Double(wall) / 1e9
    }

    private static func nanoseconds(_ clock: clockid_t) -> Int {
        var time = timespec()
        clock_gettime(clock, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    // Of all runs, in nanoseconds.
    private static let wallTime = Atomic(0)
    private static let processorTime = Atomic(0)

    /// The part of the time of all runs in which this process did not run: others had the processor, or it waited.
    static var idlePart: Double {
        let wall = wallTime.load(ordering: .relaxed)
        return wall == 0 ? 0 : 1 - Double(processorTime.load(ordering: .relaxed)) / Double(wall)
    }
}

/// Takes results that nobody needs, so that the optimizer cannot leave out what made them.
enum Results {
    private static let sum = Atomic<UInt64>(0)

    static func take(_ value: UInt64) { sum.wrappingAdd(value, ordering: .relaxed) }

    static func take(_ value: Int) { take(UInt64(truncatingIfNeeded: value)) }
}
