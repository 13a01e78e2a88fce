import FileIO
import Glibc
import Simulator

/// Many runs, one after the other.
struct Campaign {
    private let arguments: Arguments
    private let scratch: BytePath
    /// After so many failures it ends.
    private static let failureLimit = 5
    /// After so many runs the memory that they take has settled.
    private static let warmUp = 20

    init(_ arguments: Arguments, scratch: BytePath) {
        self.arguments = arguments
        self.scratch = scratch
    }

    /// Plays all; gives how many failed.
    func run() -> Int {
        var failures = 0
        var turns = 0
        var seconds = 0.0
        var played = 0
        var sealed = 0
        var memory = 0
        var faults: [String: Int] = [:]
        for offset in stride(from: 0, to: arguments.count, by: Int(arguments.step)) {
            let seed = arguments.first + offset
            var outcome = play(seed)
            turns += outcome.turns
            seconds += outcome.seconds
            sealed += outcome.sealed
            faults.merge(outcome.faults, uniquingKeysWith: +)
            played += 1
            if played == Campaign.warmUp { memory = memoryMiB }
            if arguments.playsTwice {
                let second = play(seed)
                if second.trace.fingerprint != outcome.trace.fingerprint {
                    report(seed, ["the same seed did something else the second time"], second.trace)
                    failures += 1
                }
                outcome = second
            }
            if !outcome.violations.isEmpty {
                failures += 1
                report(seed, outcome.violations, outcome.trace)
            } else if arguments.printsTrace {
                for line in outcome.trace.lines { print(line) }
            }
            if failures >= Campaign.failureLimit { break }
        }
        print("\(played) runs, \(failures) failed; \(Int(seconds / 3600)) hours and \(turns) turns simulated")
        if played > 1 { printFaults(faults, sealed: sealed) }
        if played > Campaign.warmUp {
            print("  memory: \(memory) MiB after \(Campaign.warmUp) runs, \(memoryMiB) MiB in the end")
        }
        return failures
    }

    /// The address space of this process: buffers that nobody gives back count even where nobody has written to them.
    private var memoryMiB: Int {
        guard let bytes = try? OpenFile.open("/proc/self/statm").readAll(limit: 4096) else { return 0 }
        return (String(decoding: bytes, as: UTF8.self).split(separator: " ").first.flatMap { Int($0) } ?? 0) / 256
    }

    private func printFaults(_ faults: [String: Int], sealed: Int) {
        let list = faults.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) × \($0.key)" }
        print("  faults: \(list.joined(separator: ", "))")
        print("  \(sealed) things were sealed, each under a nonce of its own")
    }

    private func play(_ seed: UInt64) -> SimulationRun.Outcome {
        let folder = scratch.appending("run")
        defer { try? OpenFile.open(scratch, .readOnly, .directory).removeTree(folder.lastComponent) }
        _ = try? folder.makeDirectory()
        let run = SimulationRun(seed: seed, scratch: folder, breach: arguments.breach) { text, trace in
            report(seed, [text], trace)
            exit(1)
        }
        return run.run()
    }

    private func report(_ seed: UInt64, _ violations: [String], _ trace: Trace) {
        if arguments.printsTrace { for line in trace.lines { print(line) } }
        for violation in violations { print("seed \(seed): \(violation)") }
        print("to see all that happened: tools/simulate --seed \(seed) --trace")
        fflush(nil)
    }
}
