/// The secrets of a repository's chunker (`format-spec/chunker.md`).
package struct ChunkerKeys: Sendable {
    package let multipliers: Multipliers
    /// The PRF of stage 2.
    package let prf: SipHash24

    /// Draws multipliers until a run of one repeated byte has no candidates, whatever the byte; about one draw in 200
    /// has.
    ///
    /// - Parameters:
    ///   - prfKey: 16 bytes.
    ///   - multiplierBytes: the 10 bytes of the draw of this number (`format-spec/keys.md`, "Chunker keys").
    package init(
        parameters: ChunkerParameters, prfKey: [UInt8], multiplierBytes: (_ draw: UInt8) -> [UInt8]
    ) {
        prf = SipHash24(key: prfKey)
        for draw in UInt8.min...UInt8.max {
            let multipliers = Multipliers(bytes: multiplierBytes(draw))
            if !multipliers.findCandidatesInRuns(threshold: parameters.candidateThreshold) {
                self.multipliers = multipliers
                return
            }
        }
        preconditionFailure("256 draws in a row failed, which is as likely as guessing every key at once")
    }
}

/// The odd 16-bit multipliers of stage 1.
package struct Multipliers: Sendable, Hashable {
    package let a0, a1, c1, c2, c3: UInt16

    /// Takes five little-endian numbers, 10 bytes, and sets the lowest bit of each.
    package init(bytes: [UInt8]) {
        precondition(bytes.count == 10, "five multipliers have 10 bytes")
        func number(_ index: Int) -> UInt16 { UInt16(bytes[2 * index]) | UInt16(bytes[2 * index + 1]) << 8 | 1 }
        a0 = number(0)
        a1 = number(1)
        c1 = number(2)
        c2 = number(3)
        c3 = number(4)
    }

    /// Whether a run of any one repeated byte would be candidates throughout.
    package func findCandidatesInRuns(threshold: UInt16) -> Bool {
        let factor = (a0 &+ a1) &* (1 &+ c1) &* (1 &+ c2) &* (1 &+ c3)
        return (0...255).contains { factor &* (257 &* $0) >= threshold }
    }
}
