import Primitives
import SeededData

@testable import Sealing

/// The same bytes at every call.
struct FixedRandom: RandomBytes {
    let seed: UInt64

    func bytes(_ count: Int) -> [UInt8] {
        var random = SeededRandom(seed: seed)
        return random.bytes(count)
    }
}

func makeIdentifier(_ seed: UInt64) -> Identifier { Identifier(from: FixedRandom(seed: seed)) }

func makeSecret(_ seed: UInt64) -> SecretBytes { SecretBytes(random: FixedRandom(seed: seed), count: 32) }

func bytes(of secret: SecretBytes) -> [UInt8] { secret.withUnsafeBytes { Array($0) } }

func makeHeader(
    _ type: ObjectType = .dataPack, suite: CipherSuite = .aes256GCM, seed: UInt64 = 1
) -> ObjectHeader {
    ObjectHeader(
        type: type, suite: suite, keyMode: suite == .none ? .none : type.keyMode, keyEpoch: 0, keyID: 0,
        repository: makeIdentifier(100), session: makeIdentifier(seed), salt: FixedRandom(seed: seed).bytes(32))
}

func makeSealer(_ suite: CipherSuite, seed: UInt64 = 1) -> ObjectSealer {
    ObjectSealer(header: makeHeader(suite: suite, seed: seed), keyMaterial: suite == .none ? nil : makeSecret(seed))
}

/// The cheapest that the specification allows.
let quick = ScryptParameters(log2N: 10, r: 1, p: 1)
