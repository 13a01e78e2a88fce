import CommandLineSupport
import VarveKit

/// The table of `varve sync --status`: where each snapshot is.
struct SyncStatusOutput {
    private let status: TierStatus
    private let places: [Repository]

    init(_ status: TierStatus, _ places: [Repository]) {
        self.status = status
        self.places = places
    }

    func write(_ context: CommandContext) throws {
        if context.isJSON { return try writeJSON(context) }
        if !context.isQuiet {
            for (number, place) in places.enumerated() { try context.print("\(number + 1): \(place.backend.location)") }
            try context.print(table(context).lines)
        }
        for row in status.rows {
            for (number, standing) in row.standings.enumerated() {
                guard case .flawed(let problem) = standing else { continue }
                context.warn("\(context.headline(row.snapshot)) is not whole at \(number + 1): \(problem)")
            }
        }
        if context.isQuiet { return }
        let scarce = status.scarce.count
        try context.print(
            scarce == 0
                ? "all \(counted(UInt64(status.rows.count), "snapshot")) whole at \(TierStatus.wantedPlaces) places or more"
                : "\(counted(UInt64(scarce), "snapshot")) whole at fewer than \(TierStatus.wantedPlaces) places")
    }

    private func table(_ context: CommandContext) -> Table {
        var table = Table(
            [.left("ID"), .left("Time"), .left("Host"), .left("Streams and paths")]
                + places.indices.map { .left("\($0 + 1)") } + [.left("")])
        for row in status.rows {
            let record = row.snapshot.record
            table.append(
                [
                    context.isVerbose ? row.origin.hex : row.origin.shortHex,
                    LocalTime.format(nanoseconds: record.time.nanoseconds), record.host,
                    (record.streams + record.paths).joined(separator: ", "),
                ] + row.standings.map(text) + [row.wholeCount < TierStatus.wantedPlaces ? "!" : ""])
        }
        return table
    }

    private func text(_ standing: TierStatus.Standing) -> String {
        switch standing {
        case .whole: "whole"
        case .flawed: "DAMAGED"
        case .forgotten: "forgotten"
        case .absent: "-"
        }
    }

    private func writeJSON(_ context: CommandContext) throws {
        for row in status.rows {
            try context.print([
                "message_type": "snapshot", "original": .string(row.origin.hex),
                "time": .string(row.snapshot.record.time.rfc3339), "hostname": .string(row.snapshot.record.host),
                "places_whole": .number(row.wholeCount),
                "places": .array(
                    zip(places, row.standings).map { place, standing in
                        [
                            "repository": .string(place.backend.location),
                            "state": .string(standing == .absent ? "absent" : text(standing).lowercased()),
                        ]
                    }),
            ])
        }
        try context.print([
            "message_type": "summary", "snapshots": .number(status.rows.count),
            "snapshots_at_too_few_places": .number(status.scarce.count),
        ])
    }
}
