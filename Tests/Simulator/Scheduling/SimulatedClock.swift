import Primitives

/// The clocks of a simulated machine: that of the time of day may be set at any time, the other shows the scheduler's time.
struct SimulatedClock: Clock {
    let scheduler: TurnTaking
    let machine: SimulatedMachine

    func now() -> Timestamp {
        Timestamp(nanoseconds: machine.beginning * 1_000_000_000 + Int64(scheduler.now * 1e9))
    }

    func monotonicSeconds() -> Double { 1000 + scheduler.now }
}
