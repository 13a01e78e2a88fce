import SeededData

/// What a snapshot must hold.
struct BackupContent: Sendable {
    /// By name.
    var streams: [String: [UInt8]] = [:]
}

extension SimulatedWorld {
    /// What a machine backs up next.
    func drawContent(on machine: SimulatedMachine) -> BackupContent {
        BackupContent(streams: contents.draw(random: &random))
    }
}
