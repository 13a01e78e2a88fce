import CommandLineSupport
import Glibc
import Testing

struct TimeParsingTests {
    @Test func readsWhatItWrites() async {
        // The zone is a state of the process: a process of its own may set it.
        await #expect(processExitsWith: .success) {
            setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1)
            tzset()
            for seconds in stride(from: Int64(-1_500_000_000), to: 7_000_000_000, by: 123_456_789) {
                let text = LocalTime.format(nanoseconds: seconds * 1_000_000_000)
                #expect(LocalTime.parse(text) == seconds * 1_000_000_000)
            }
            #expect(LocalTime.parse("2026-11-21") == 1_795_215_600_000_000_000)
            #expect(LocalTime.parse("2026-06-21T02:00") == 1_782_000_000_000_000_000)
            #expect(LocalTime.parse("2026-11-21T00:05:29Z") == 1_795_219_529_000_000_000)
            #expect(LocalTime.parse("2024-02-29 00:00:00Z") == 1_709_164_800_000_000_000)
        }
    }

    @Test(arguments: [
        "", "now", "2026", "2026-1-2", "26-01-02", "2026-13-01", "2026-02-29", "2026-00-10", "2026-11-21 ",
        "2026-11-21Z",
        "2026-11-21 24:00", "2026-11-21 12:60", "2026-11-21 1:00", "2026-11-21 12", "2026-11-21 12:00:00.5",
        "2026-11-21 12:00:00 x", "1899-01-01", "2200-01-01", "2026-+1-01", "٢٠٢٦-11-21",
    ])
    func refusesAnythingElse(text: String) { #expect(LocalTime.parse(text) == nil) }
}
