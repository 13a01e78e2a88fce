import Backends
import Hashing
import Primitives

/// When this machine last read each pack whole and found every byte right.
package struct VerificationLedger: Hashable, Sendable {
    package private(set) var times: [Digest: Timestamp] = [:]

    package init() {}

    /// Notes a verification; the latest of each pack counts.
    package mutating func note(_ pack: Digest, at time: Timestamp) {
        times[pack] = max(times[pack] ?? time, time)
    }

    package mutating func merge(_ other: VerificationLedger) {
        times.merge(other.times) { max($0, $1) }
    }

    /// Drops packs that are gone.
    package mutating func keep(_ packs: Set<Digest>) { times = times.filter { packs.contains($0.key) } }

    /// How long ago the packs of a repository were verified.
    package struct Standing: Hashable, Sendable {
        /// Bytes of packs that were never verified by this machine.
        package let neverVerifiedBytes: UInt64
        /// Of the others, the verification that is longest ago.
        package let oldest: Timestamp?
    }

    package func standing(of packs: [ListedObject]) -> Standing {
        Standing(
            neverVerifiedBytes: packs.reduce(0) { times[$1.id] == nil ? $0 + $1.size : $0 },
            oldest: packs.compactMap { times[$0.id] }.min())
    }

    // MARK: The file

    private static let magic = Array("varveVL1".utf8)

    /// Magic ‖ `u32` n ‖ n × (pack ID[32] ‖ `i64` nanoseconds since 1970), ascending ‖ SHA-256 of all before.
    package var encoded: [UInt8] {
        var writer = ByteWriter(reservingCapacity: 48 + times.count * 40)
        writer.append(VerificationLedger.magic)
        writer.appendInteger(UInt32(times.count))
        for (pack, time) in times.sorted(by: { $0.key < $1.key }) {
            writer.append(pack)
            writer.appendInteger(time.nanoseconds)
        }
        writer.append(SHA256Hasher.digest(of: writer.bytes))
        return writer.bytes
    }

    /// - Throws: `MalformedBytes` where it is not, to the last bit, what was written.
    package init(decoding bytes: [UInt8]) throws(MalformedBytes) {
        var reader = ByteReader(bytes, of: "ledger of verified packs")
        guard try reader.readBytes(VerificationLedger.magic.count) == VerificationLedger.magic else {
            throw reader.malformed("it begins with something else")
        }
        let count = Int(try reader.readInteger(UInt32.self))
        guard count == (reader.remaining - Digest.byteCount) / 40 else { throw reader.malformed("\(count) packs") }
        var last: Digest?
        for _ in 0..<count {
            let pack = try reader.readDigest()
            if let last, pack <= last { throw reader.malformed("packs are not in ascending order") }
            last = pack
            times[pack] = Timestamp(nanoseconds: try reader.readInteger())
        }
        let digest = SHA256Hasher.digest(of: Array(bytes.dropLast(Digest.byteCount)))
        guard try reader.readDigest() == digest else { throw reader.malformed("it was changed") }
        try reader.expectEnd()
    }
}
