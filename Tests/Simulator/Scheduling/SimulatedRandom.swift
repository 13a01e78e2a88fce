import Primitives
import SeededData

/// The random bytes of a simulated process.
final class SimulatedRandom: RandomBytes, @unchecked Sendable {
    // Unchecked: one thread runs at a time.
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    func bytes(_ count: Int) -> [UInt8] { random.bytes(count) }
}
