import CommandLineSupport
import Glibc
import SeededData
import Testing

struct ByteCountTests {
    @Test(
        arguments: [
            (0, "0 B"), (1, "1 B"), (1023, "1023 B"), (1024, "1.00 KiB"), (1536, "1.50 KiB"), (10_234, "9.99 KiB"),
            (10_235, "10.0 KiB"), (102_348, "99.9 KiB"), (102_349, "100 KiB"), (1_048_063, "1023 KiB"),
            (1_048_064, "1.00 MiB"), (1_320_702_443, "1.23 GiB"), (1 << 40, "1.00 TiB"), (UInt64.max, "16.0 EiB"),
        ] as [(UInt64, String)])
    func formats(count: UInt64, text: String) { #expect(ByteCount.format(count) == text) }

    @Test func neverShowsMoreThanFourDigits() {
        var generator = SeededRandom(seed: 1)
        for _ in 0..<20_000 {
            let count =
                UInt64.random(in: 0...UInt64.max, using: &generator) >> UInt64.random(in: 0...63, using: &generator)
            let text = ByteCount.format(count)
            let number = text.split(separator: " ")[0]
            #expect(number.count <= 4 && !number.hasPrefix("1024"), "\(count): \(text)")
            guard let value = Double(number), let unit = text.split(separator: " ").last else { continue }
            let power = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"].firstIndex(of: String(unit)) ?? -1
            let exact = Double(count) / pow(1024, Double(power))
            #expect(abs(exact - value) <= 0.0051 * max(1, exact), "\(count): \(text)")
        }
    }

    @Test(
        arguments: [
            ("0", 0), ("512", 512), ("512B", 512), ("32K", 32768), ("32k", 32768), ("4M", 4 << 20), ("4MiB", 4 << 20),
            ("1G", 1 << 30), ("2gib", 2 << 30), ("3T", 3 << 40), ("1P", 1 << 50), ("18446744073709551615", UInt64.max),
            ("16383P", 16383 << 50),
        ] as [(String, UInt64)])
    func parses(text: String, count: UInt64) { #expect(ByteCount.parse(text) == count) }

    @Test(arguments: [
        "", "K", "-1", "+1", "1.5G", "1 K", "1KB", "1X", "0x10", "16384P", "18446744073709551616", "٣", "1KK", " 1",
    ])
    func refuses(text: String) { #expect(ByteCount.parse(text) == nil) }

    @Test func rates() {
        #expect(Rate.format(bytes: 3 << 20, seconds: 2) == "1.50 MiB/s")
        #expect(Rate.format(bytes: 3 << 20, seconds: 0) == "–")
        #expect(Rate.format(bytes: .max, seconds: 1e-9) == "888 PiB/s")
    }
}

struct TimeTextTests {
    @Test(
        arguments: [
            (0, "0.0 s"), (-1, "0.0 s"), (.nan, "0.0 s"), (.infinity, "0.0 s"), (0.04, "0.0 s"), (12.34, "12.3 s"),
            (59.94, "59.9 s"), (59.96, "1 min 00 s"), (245, "4 min 05 s"), (3599.4, "59 min 59 s"),
            (3599.5, "1 h 00 min"), (3720, "1 h 02 min"), (86_369, "23 h 59 min"), (86_370, "1 d 00 h"),
            (273_600, "3 d 04 h"),
        ] as [(Double, String)])
    func formatsSpans(seconds: Double, text: String) { #expect(DurationText.format(seconds: seconds) == text) }

    @Test(
        arguments: [
            ("0s", 0), ("45s", 45), ("30m", 1800), ("2h", 7200), ("7d", 604_800), ("1w", 604_800), ("1h30m", 5400),
            ("3660000d", 316_224_000_000),
        ] as [(String, Int64)])
    func parsesSpans(text: String, seconds: Int64) { #expect(DurationText.parse(text) == .seconds(seconds)) }

    @Test(arguments: [
        "", "5", "h", "-1h", "1.5h", "1 h", "1h30", "3660001d", "9223372036854775807w", "1y", "3660000d1s",
    ])
    func refusesSpans(text: String) { #expect(DurationText.parse(text) == nil) }

    @Test func localTimes() async {
        // The zone is a state of the process: a process of its own may set it.
        await #expect(processExitsWith: .success) {
            setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1)
            tzset()
            #expect(LocalTime.format(nanoseconds: 1_795_219_529_999_999_999) == "2026-11-21 01:05:29")
            #expect(LocalTime.format(nanoseconds: 1_782_000_000_000_000_000) == "2026-06-21 02:00:00")
            #expect(LocalTime.format(nanoseconds: 0) == "1970-01-01 01:00:00")
            #expect(LocalTime.format(nanoseconds: -1) == "1970-01-01 00:59:59")
            #expect(LocalTime.format(nanoseconds: .min) == "1677-09-21 01:12:43")
            #expect(LocalTime.format(nanoseconds: .max) == "2262-04-12 01:47:16")
        }
    }
}

struct TableTests {
    @Test func alignsColumns() {
        var table = Table([.left("ID"), .right("Size"), .left("Host")])
        #expect(table.isEmpty)
        #expect(table.lines == ["ID  Size  Host"])
        table.append(["3f2a91", "1.23 GiB", "db"])
        table.append(["0", "7 B", ""])
        #expect(!table.isEmpty)
        #expect(table.lines == ["ID          Size  Host", "3f2a91  1.23 GiB  db", "0            7 B"])
    }

    @Test func countsColumnsOfTheTerminal() {
        var table = Table([.left("Name"), .right("N")])
        table.append(["e\u{301}te\u{301}", "1"])
        table.append(["日本語", "2"])
        table.append(["a\u{1b}[2J\nb", "3"])
        #expect(table.lines == ["Name     N", "e\u{301}te\u{301}      1", "日本語   2", "a\u{fffd}[2J\u{fffd}b  3"])
    }
}

struct TerminalTextTests {
    @Test func replacesWhatSteersTheTerminal() {
        #expect(TerminalText.printable("näme 日本 \\") == "näme 日本 \\")
        #expect(
            TerminalText.printable("a\u{0}\t\u{1b}\u{7f}\u{9b}\u{202e}\u{2066}\r\nb")
                == "a" + String(repeating: "\u{fffd}", count: 9) + "b")
    }

    @Test func fitsTheEndOfTheText() {
        #expect(TerminalText.fitted("/srv/data/file", to: 14) == "/srv/data/file")
        #expect(TerminalText.fitted("/srv/data/file", to: 10) == "…data/file")
        #expect(TerminalText.fitted("日本語", to: 5) == "…本語")
        #expect(TerminalText.fitted("日本語", to: 4) == "…語")
        #expect(TerminalText.fitted("abc", to: 1) == "…")
        #expect(TerminalText.fitted("abc", to: 0) == "")
    }

    @Test func wrapsWords() {
        #expect(TerminalText.wrapped("", to: 10) == [])
        #expect(TerminalText.wrapped("one two three", to: 7) == ["one two", "three"])
        #expect(TerminalText.wrapped("one two three", to: 6) == ["one", "two", "three"])
        #expect(TerminalText.wrapped("incomprehensible one", to: 6) == ["incomprehensible", "one"])
    }
}
