/// How far a work is.
package struct ProgressFigures: Sendable, Equatable {
    package var bytesDone: UInt64
    /// All bytes that there are to do, where that is known.
    package var bytesTotal: UInt64?
    /// Of the bytes done those that were not yet stored; `nil` where that means nothing, as in a restore.
    package var bytesNew: UInt64?
    package var filesDone: UInt64
    /// The path or stream at hand; empty where there is none.
    package var currentItem: String

    package init(
        bytesDone: UInt64 = 0, bytesTotal: UInt64? = nil, bytesNew: UInt64? = nil, filesDone: UInt64 = 0,
        currentItem: String = ""
    ) {
        self.bytesDone = bytesDone
        self.bytesTotal = bytesTotal
        self.bytesNew = bytesNew
        self.filesDone = filesDone
        self.currentItem = currentItem
    }
}

/// What is shown of a work that has run for some time.
package struct ProgressLine: Sendable, Equatable {
    package let elapsedSeconds: Double
    package let figures: ProgressFigures

    package init(elapsedSeconds: Double, figures: ProgressFigures) {
        self.elapsedSeconds = elapsedSeconds
        self.figures = figures
    }

    /// The part done, from 0 to 1, where the total is known and not exceeded.
    package var fractionDone: Double? {
        guard let total = figures.bytesTotal, total > 0, figures.bytesDone <= total else { return nil }
        return Double(figures.bytesDone) / Double(total)
    }

    /// The time left at the mean rate so far; `nil` where it would be a guess: without a total, in the first 3 s, or
    /// before anything is done.
    package var remainingSeconds: Double? {
        guard let fraction = fractionDone, fraction > 0, elapsedSeconds >= 3 else { return nil }
        return elapsedSeconds * (1 - fraction) / fraction
    }

    /// The line for people in `width` columns at most. Where all does not fit, the current item is shortened, then
    /// what says least is left out.
    package func text(width: Int) -> String {
        var done = ByteCount.format(figures.bytesDone)
        if let fraction = fractionDone, let total = figures.bytesTotal {
            done += " of \(ByteCount.format(total)), \(UInt64(fraction * 100)) %"
        }
        var parts = [DurationText.format(seconds: elapsedSeconds), done]
        // From here on each part is worth less than the one before it.
        if let remaining = remainingSeconds { parts.append("ETA \(DurationText.format(seconds: remaining))") }
        parts.append(Rate.format(bytes: figures.bytesDone, seconds: elapsedSeconds))
        if let new = figures.bytesNew { parts.append("\(ByteCount.format(new)) new") }
        if figures.filesDone > 0 { parts.append("\(figures.filesDone) \(figures.filesDone == 1 ? "file" : "files")") }
        var line = ""
        for part in parts {
            let longer = line.isEmpty ? part : line + "  " + part
            guard TerminalText.width(longer) <= width else { return TerminalText.fitted(line, to: width) }
            line = longer
        }
        let room = width - TerminalText.width(line) - 2
        guard room >= 8, !figures.currentItem.isEmpty else { return line }
        return line + "  " + TerminalText.fitted(TerminalText.printable(figures.currentItem), to: room)
    }

    /// The `status` object of `--json`. What is not known has no member.
    package var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("message_type", "status"),
            .init("seconds_elapsed", .number(UInt64(max(0, min(elapsedSeconds, 1e18))))),
        ]
        if let remaining = remainingSeconds {
            members.append(.init("seconds_remaining", .number(UInt64(min(remaining, 1e18)))))
        }
        if let fraction = fractionDone { members.append(.init("percent_done", .double(fraction))) }
        if let total = figures.bytesTotal { members.append(.init("total_bytes", .number(total))) }
        members.append(.init("bytes_done", .number(figures.bytesDone)))
        if let new = figures.bytesNew { members.append(.init("bytes_new", .number(new))) }
        members.append(.init("files_done", .number(figures.filesDone)))
        if !figures.currentItem.isEmpty { members.append(.init("current_files", [.string(figures.currentItem)])) }
        return .object(members)
    }
}
