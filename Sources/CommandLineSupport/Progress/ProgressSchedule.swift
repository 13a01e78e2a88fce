/// How progress is told.
package enum ProgressStyle: Sendable, Equatable {
    /// One line on standard error, rewritten five times a second.
    case terminal
    /// A line a minute on standard error.
    case log
    /// A `status` object a second on standard output.
    case json
    case quiet

    /// What suits the options given and the place where standard error leads.
    package static func suited(json: Bool, quiet: Bool, errorDescriptor: Int32 = 2) -> ProgressStyle {
        if quiet { return .quiet }
        if json { return .json }
        return Terminal.canRewriteLines(errorDescriptor) ? .terminal : .log
    }

    /// Nanoseconds between two tellings.
    var interval: UInt64 {
        switch self {
        case .terminal: 200_000_000
        case .log: 60_000_000_000
        case .json: 1_000_000_000
        case .quiet: .max
        }
    }
}

/// When progress is told next: a value without a clock. Times are in nanoseconds.
struct ProgressSchedule {
    enum Occasion: Equatable {
        case regular
        case onDemand
    }

    private let style: ProgressStyle
    private var lastTold: UInt64
    /// Somebody wants a line at once.
    private(set) var isRequested = false

    init(style: ProgressStyle, start: UInt64) {
        self.style = style
        lastTold = start
    }

    /// A request for JSON is not needed: the next object is a second away at most, and there may not be more of them.
    mutating func request() { isRequested = style == .terminal || style == .log }

    /// How long there is nothing to tell.
    func delay(at now: UInt64) -> UInt64 {
        if isRequested { return 0 }
        let passed = now - min(now, lastTold)
        return style.interval - min(passed, style.interval)
    }

    /// Why progress is to be told now, if so; what is returned counts as told.
    mutating func takeOccasion(at now: UInt64) -> Occasion? {
        guard delay(at: now) == 0 else { return nil }
        defer { isRequested = false }
        // A line on demand does not put off the line of the minute.
        if isRequested { return .onDemand }
        lastTold = now
        return .regular
    }
}
