import Snapshots
import Testing

struct RetentionSpanTests {
    @Test(arguments: [
        ("2y5m7d3h", "2y5m7d3h"), ("1w", "1w"), ("1d2w", "2w1d"), ("12h", "12h"), ("0d", ""), ("1y0m", "1y"),
    ])
    func spansAreRead(text: String, shown: String) throws {
        let span = try #require(RetentionSpan(parsing: text))
        #expect(span.description == shown)
        #expect(span.isZero == shown.isEmpty)
    }

    @Test(arguments: [
        "", "5", "d", "-1d", "1.5d", "1d1d", "1s", "1D", "1 d", "d1", "１d", "10000001d", "99999999999999999999h",
    ])
    func whatIsNoSpanIsRefused(text: String) { #expect(RetentionSpan(parsing: text) == nil) }

    @Test func countsAreRead() {
        #expect(KeepCount(parsing: "0") == KeepCount.none)
        #expect(KeepCount(parsing: "7") == .newest(7))
        #expect(KeepCount(parsing: "-1") == .all)
        #expect(KeepCount(parsing: "unlimited") == .all)
        for text in ["", "-2", "x", "1.0", " 1"] { #expect(KeepCount(parsing: text) == nil, "\(text)") }
    }
}
