import Glibc
import Testing

@testable import CommandLineSupport

struct ProgressLineTests {
    private let figures = ProgressFigures(
        bytesDone: 256 << 20, bytesTotal: 1 << 30, bytesNew: 3 << 20, filesDone: 1234,
        currentItem: "/srv/data/base/16384")

    private func line(_ seconds: Double, _ change: (inout ProgressFigures) -> Void = { _ in }) -> ProgressLine {
        var figures = figures
        change(&figures)
        return ProgressLine(elapsedSeconds: seconds, figures: figures)
    }

    @Test func showsEverythingWhereThereIsRoom() {
        #expect(
            line(64).text(width: 200)
                == "1 min 04 s  256 MiB of 1.00 GiB, 25 %  ETA 3 min 12 s  4.00 MiB/s  3.00 MiB new  1234 files  /srv/data/base/16384"
        )
    }

    @Test func showsOnlyWhatIsKnown() {
        let little = line(64) {
            $0.bytesTotal = nil
            $0.bytesNew = nil
            $0.filesDone = 1
            $0.currentItem = ""
        }
        #expect(little.text(width: 200) == "1 min 04 s  256 MiB  4.00 MiB/s  1 file")
        #expect(
            ProgressLine(elapsedSeconds: 0, figures: ProgressFigures()).text(width: 80) == "0.0 s  0 B  –")
    }

    @Test func givesNoTimeThatWouldBeAGuess() {
        #expect(line(64).remainingSeconds == 192)
        #expect(line(2.9).remainingSeconds == nil)
        #expect(line(3).remainingSeconds == 9)
        #expect(line(64) { $0.bytesTotal = nil }.remainingSeconds == nil)
        #expect(line(64) { $0.bytesDone = 0 }.remainingSeconds == nil)
        // More than all: what is read has grown, and the total is worth nothing any more.
        let grown = line(64) { $0.bytesTotal = 1 << 20 }
        #expect(grown.remainingSeconds == nil && grown.fractionDone == nil)
        #expect(grown.text(width: 200).hasPrefix("1 min 04 s  256 MiB  4.00 MiB/s"))
        #expect(line(64) { $0.bytesDone = 1 << 30 }.remainingSeconds == 0)
    }

    @Test func fitsAnyWidth() {
        let full = line(64) { $0.currentItem = "/srv/日本語/\u{1b}[31m/file" }
        for width in 0...200 { #expect(TerminalText.width(full.text(width: width)) <= width) }
        #expect(
            line(64).text(width: 80)
                == "1 min 04 s  256 MiB of 1.00 GiB, 25 %  ETA 3 min 12 s  4.00 MiB/s  3.00 MiB new")
        #expect(line(64).text(width: 60) == "1 min 04 s  256 MiB of 1.00 GiB, 25 %  ETA 3 min 12 s")
        #expect(line(64).text(width: 104).hasSuffix("  1234 files  …base/16384"))
        #expect(!full.text(width: 200).contains("\u{1b}"))
    }

    @Test func isAJSONObject() {
        #expect(
            line(64).json.text == """
                {"message_type":"status","seconds_elapsed":64,"seconds_remaining":192,"percent_done":0.25,\
                "total_bytes":1073741824,"bytes_done":268435456,"bytes_new":3145728,"files_done":1234,\
                "current_files":["/srv/data/base/16384"]}
                """)
        #expect(
            ProgressLine(elapsedSeconds: 0.9, figures: ProgressFigures()).json.text
                == #"{"message_type":"status","seconds_elapsed":0,"bytes_done":0,"files_done":0}"#)
    }
}

struct ProgressScheduleTests {
    private let second: UInt64 = 1_000_000_000

    @Test func tellsAtItsInterval() {
        var schedule = ProgressSchedule(style: .log, start: 5 * second)
        #expect(schedule.takeOccasion(at: 5 * second) == nil)
        #expect(schedule.delay(at: 5 * second) == 60 * second)
        #expect(schedule.delay(at: 64 * second) == second)
        #expect(schedule.takeOccasion(at: 65 * second - 1) == nil)
        #expect(schedule.takeOccasion(at: 65 * second) == .regular)
        #expect(schedule.takeOccasion(at: 65 * second) == nil)
        // After a long sleep of the machine it tells once, not many times.
        #expect(schedule.takeOccasion(at: 1000 * second) == .regular)
        #expect(schedule.delay(at: 1000 * second) == 60 * second)
        // A clock that went back delays, and nothing more.
        #expect(schedule.delay(at: 3 * second) == 60 * second)
    }

    @Test func tellsOnDemandAtOnce() {
        for style in [ProgressStyle.log, .terminal] {
            var schedule = ProgressSchedule(style: style, start: 0)
            schedule.request()
            #expect(schedule.delay(at: 1) == 0)
            #expect(schedule.takeOccasion(at: 1) == .onDemand)
            #expect(schedule.takeOccasion(at: 1) == nil)
            #expect(schedule.takeOccasion(at: style.interval) == .regular)
        }
    }

    @Test func tellsOneObjectASecondAtMost() {
        var schedule = ProgressSchedule(style: .json, start: 0)
        var told = 0
        for step in 0...UInt64(100) {
            schedule.request()
            if schedule.takeOccasion(at: step * second / 10) != nil { told += 1 }
        }
        #expect(told == 10)
    }

    @Test func suitsThePlace() {
        let pipe = Pipe()
        #expect(ProgressStyle.suited(json: true, quiet: true) == .quiet)
        #expect(ProgressStyle.suited(json: true, quiet: false) == .json)
        #expect(ProgressStyle.suited(json: false, quiet: false, errorDescriptor: pipe.writing) == .log)
    }
}

struct ProgressReporterTests {
    private let output = Pipe()
    private let errors = Pipe()

    private func reporter(
        _ style: ProgressStyle, clock: @escaping @Sendable () -> UInt64 = { 0 }, bytesDone: UInt64 = 5
    ) -> ProgressReporter {
        ProgressReporter(
            style: style, standardOutput: StandardOutput(descriptor: output.writing),
            standardError: StandardOutput(descriptor: errors.writing), clock: clock
        ) { ProgressFigures(bytesDone: bytesDone) }
    }

    /// A clock that is so many seconds further each time it is read, and then stands still: a thread that told without
    /// end would fill the pipe.
    private func clock(step: UInt64, times: UInt64) -> @Sendable () -> UInt64 {
        let reads = Monitor(UInt64(0))
        return {
            reads.withLock { reads in
                defer { reads += 1 }
                return min(reads, times) * step * 1_000_000_000
            }
        }
    }

    @Test func logsLineAfterLine() {
        let reporter = reporter(.log, clock: clock(step: 60, times: 2))
        #expect(errors.readLine() == "1 min 00 s  5 B  0 B/s")
        #expect(errors.readLine() == "2 min 00 s  5 B  0 B/s")
        reporter.stop()
        #expect(errors.available() == "" && output.available() == "")
    }

    @Test func logsOnDemand() {
        let reporter = reporter(.log)
        for _ in 0..<3 {
            reporter.printNow()
            #expect(errors.readLine() == "0.0 s  5 B  –")
        }
        reporter.stop()
        #expect(errors.available() == "")
    }

    @Test func rewritesTheLineOfATerminal() {
        let reporter = reporter(.terminal, clock: clock(step: 1, times: 2))
        #expect(errors.read(until: "5 B/s") == "1.0 s  5 B  5 B/s")
        #expect(errors.read(until: "2 B/s") == "\r\u{1b}[K2.0 s  5 B  2 B/s")
        reporter.stop()
        #expect(errors.available() == "\r\u{1b}[K")
    }

    @Test func writesMessagesAboveTheLineOfATerminal() {
        let reporter = reporter(.terminal, clock: clock(step: 1, times: 1))
        #expect(errors.read(until: "5 B/s") == "1.0 s  5 B  5 B/s")
        reporter.writeMessage("warning")
        #expect(errors.readLine() == "\r\u{1b}[Kwarning")
        reporter.stop()
        #expect(errors.available() == "")
    }

    @Test func leavesALineOnDemandOnTheTerminal() {
        let reporter = reporter(.terminal)
        reporter.printNow()
        #expect(errors.readLine() == "0.0 s  5 B  –")
        reporter.stop()
        #expect(errors.available() == "")
    }

    @Test func writesObjects() {
        let reporter = reporter(.json, clock: clock(step: 1, times: 2))
        #expect(
            output.readLine() == #"{"message_type":"status","seconds_elapsed":1,"bytes_done":5,"files_done":0}"#)
        #expect(output.readLine().contains(#""seconds_elapsed":2,"#))
        reporter.stop()
        #expect(errors.available() == "")
    }

    @Test func quietSaysNothing() {
        let reporter = reporter(.quiet, clock: clock(step: 60, times: 2))
        reporter.printNow()
        reporter.writeMessage("a message is no progress")
        reporter.stop()
        #expect(errors.available() == "a message is no progress\n")
        #expect(output.available() == "")
    }

    @Test(arguments: [ProgressStyle.log, .terminal, .json])
    func writesNothingAfterStop(style: ProgressStyle) {
        for _ in 0..<200 {
            let reporter = reporter(style, clock: clock(step: 60, times: 20))
            reporter.stop()
            reporter.stop()
            _ = (errors.available(), output.available())
            reporter.printNow()
            reporter.writeMessage("after")
            #expect(errors.available() == "after\n" && output.available() == "")
        }
    }

    @Test func snapshotsMayCallTheReporter() {
        // `snapshot` runs under no lock: what it calls may print.
        let box = Monitor<ProgressReporter?>(nil)
        let calls = Monitor(0)
        let reporter = ProgressReporter(
            style: .log, standardOutput: StandardOutput(descriptor: output.writing),
            standardError: StandardOutput(descriptor: errors.writing), clock: clock(step: 60, times: 1)
        ) {
            box.wait { $0 != nil }
            box.withLock { $0 }?.writeMessage("from the snapshot")
            calls.withLock { $0 += 1 }
            return ProgressFigures()
        }
        box.withLock { $0 = reporter }
        #expect(errors.readLine() == "from the snapshot")
        calls.wait { $0 > 0 }
        reporter.stop()
        box.withLock { $0 = nil }
    }

    @Test func isFreedAfterStop() {
        weak var trace: ProgressReporter?
        do {
            let reporter = reporter(.log)
            trace = reporter
            reporter.stop()
        }
        // The thread lets go of it just after it has said that it ended.
        while trace != nil { sched_yield() }
    }
}
