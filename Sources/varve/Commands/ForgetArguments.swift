import CommandLineSupport
import VarveKit

/// What `varve forget` is asked to do: remove the snapshots named, or apply a policy.
struct ForgetArguments {
    let names: [String]
    /// `nil` where snapshots are named.
    let policy: RetentionPolicy?
    let grouping: SnapshotGrouping

    /// - Throws: where neither or both are given, or a policy that keeps nothing.
    init(_ context: CommandContext) throws {
        let arguments = context.arguments
        names = try arguments.positionals("ID")
        grouping = try context.grouping() ?? .standard
        let given = try ForgetArguments.policy(arguments)
        switch (names.isEmpty, given) {
        case (true, let given?): policy = given
        case (false, nil): policy = nil
        case (true, nil):
            throw UsageError(
                "nothing says what to keep", advice: "give a --keep option, or name the snapshots to remove")
        case (false, .some):
            throw UsageError(
                "snapshots are named, and a policy is given as well",
                advice: "leave out the names, or the --keep options")
        }
    }

    private static let letters: [CalendarPeriod: Character] = [
        .hourly: "H", .daily: "d", .weekly: "w", .monthly: "m", .yearly: "y",
    ]

    private static let nouns: [CalendarPeriod: String] = [
        .hourly: "hour", .daily: "day", .weekly: "week", .monthly: "month", .yearly: "year",
    ]

    static let policyOptions: [Option] =
        [.value("keep-last", "l", "N", help: "Keep the newest N.")]
        + CalendarPeriod.allCases.map { period in
            .value(
                "keep-\(period)", letters[period], "N",
                help: "Keep the newest of each \(nouns[period] ?? ""), for N \(nouns[period] ?? "")s that have one.")
        } + [.value("keep-within", nil, "DURATION", help: "Keep all of the time before the newest.")]
        + CalendarPeriod.allCases.map { period in
            .value(
                "keep-within-\(period)", nil, "DURATION",
                help: "Keep the newest of each \(nouns[period] ?? "") of the time before the newest of all.")
        } + [
            .value(
                "keep-tag", nil, "TAG",
                help: "Keep all with this tag, or with all of several joined by commas; '' for those without tags.",
                isRepeatable: true)
        ]

    /// What the --keep options say; `nil` where none is given.
    static func policy(_ arguments: ParsedArguments) throws -> RetentionPolicy? {
        guard policyOptions.contains(where: { !arguments.valuesBytes($0.name).isEmpty }) else { return nil }
        var policy = RetentionPolicy()
        policy.last = try count("keep-last", arguments) ?? .none
        policy.within = try span("keep-within", arguments)
        for period in CalendarPeriod.allCases {
            policy.periods[period] = try count("keep-\(period)", arguments)
            policy.periodsWithin[period] = try span("keep-within-\(period)", arguments)
        }
        policy.tags = try arguments.values("keep-tag").map { $0.split(separator: ",").map(String.init) }
        return policy
    }

    private static func count(_ name: String, _ arguments: ParsedArguments) throws -> KeepCount? {
        guard let text = try arguments.value(name) else { return nil }
        guard let count = KeepCount(parsing: text) else {
            throw arguments.wrong(text, of: name, "is neither a number nor `unlimited`")
        }
        return count
    }

    private static func span(_ name: String, _ arguments: ParsedArguments) throws -> RetentionSpan? {
        guard let text = try arguments.value(name) else { return nil }
        guard let span = RetentionSpan(parsing: text) else {
            throw arguments.wrong(text, of: name, "is not a duration such as 12h, 7d, 2w or 1y6m")
        }
        return span
    }
}
