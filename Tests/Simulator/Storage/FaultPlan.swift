import Backends
import SeededData

/// What goes wrong between one process and the storage, by the numbers of its operations, from 1.
struct FaultPlan {
    /// What happens to one operation.
    enum Fault: String {
        case none
        /// It does nothing and fails.
        case failure
        /// It is done, and the answer is lost.
        case lostAnswer = "lost answer"
        /// It is done twice.
        case repetition
        /// The process dies while it is under way.
        case crash
        /// The process stands still for a long time.
        case pause
    }

    /// One operation fails, or all from it on.
    private struct Failures {
        var range: ClosedRange<Int>
        var fault: Fault
        /// Only operations that change something.
        var sparesReading: Bool
    }

    private var failures: Failures?
    private var crash: Int?
    private var pause: Int?
    private var doubleRate = 0.0
    /// How long the process stands still, in seconds.
    private(set) var pauseSeconds = 0.0
    /// How much slower than others the process is served.
    private(set) var slowness = 1.0

    /// Whether nothing goes wrong. What is slow or comes twice must do no harm.
    var isHarmless: Bool { failures == nil && crash == nil && pause == nil }

    static let none = FaultPlan()

    private init() {}

    /// One pause alone.
    init(pausingAt operation: Int, seconds: Double) {
        pause = operation
        pauseSeconds = seconds
    }

    /// - Parameter length: about how many operations the process makes.
    init(length: Int, random: inout SeededRandom) {
        func place() -> Int { Int.random(in: 1...(Bool.random(using: &random) ? length : 12), using: &random) }
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<6: crash = place()
        case 6..<9: pause = place()
        case 9..<12:
            let first = place()
            let isOnce = Bool.random(using: &random)
            failures = Failures(
                range: first...(isOnce ? first : .max),
                fault: Int.random(in: 0..<3, using: &random) == 0 ? .lostAnswer : .failure,
                sparesReading: Bool.random(using: &random))
        case 12:
            pause = place()
            crash = place()
        default: break
        }
        if Int.random(in: 0..<3, using: &random) == 0 { doubleRate = 0.2 }
        if Int.random(in: 0..<4, using: &random) == 0 { slowness = 20 }
        // Around the half hour after which others take it for dead.
        pauseSeconds = Double.random(in: 60...(Bool.random(using: &random) ? 2400 : 20_000), using: &random)
    }

    /// What happens to the operation of this number.
    mutating func fault(of number: Int, isChange: Bool, random: inout SeededRandom) -> Fault {
        if crash == number { return .crash }
        if pause == number { return .pause }
        if let failures, failures.range.contains(number), isChange || !failures.sparesReading { return failures.fault }
        return isChange && doubleRate > 0 && Double.random(in: 0..<1, using: &random) < doubleRate ? .repetition : .none
    }
}
