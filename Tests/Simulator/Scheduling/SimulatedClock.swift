import Primitives

/// The clocks of a simulated machine: they show the scheduler's time, from a beginning of their own.
struct SimulatedClock: Clock {
    let scheduler: TurnTaking
    /// The time of day when the run began, in seconds since 1970.
    let beginning: Int64

    func now() -> Timestamp {
        Timestamp(nanoseconds: beginning * 1_000_000_000 + Int64(scheduler.now * 1e9))
    }

    func monotonicSeconds() -> Double { 1000 + scheduler.now }
}
