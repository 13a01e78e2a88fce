import Glibc
import Testing

/// Much data and many files in little memory. They take minutes; `tools/test` runs them, and leaves them out with `--quick`.
@Suite(.serialized, .enabled(if: Installation.wantsLargeTests, "VARVE_LARGE_TESTS is not set"))
struct LargeTests {
    /// What varve may take at any time, in KiB: 200 MB.
    private static let memoryLimit = 200_000_000 / 1024

    /// Has the peak memory of the command behind it written to a file, in KiB.
    private let measured = "/usr/bin/time --format=%M --append --output=memory \"$VARVE\""

    /// What was measured, in order.
    private func expectLittleMemory(_ box: Sandbox, _ count: Int, sourceLocation: SourceLocation = #_sourceLocation)
        throws
    {
        let peaks = try Files.text(box.path("memory")).split(separator: "\n").compactMap { Int($0) }
        #expect(peaks.count == count, sourceLocation: sourceLocation)
        #expect(peaks.allSatisfy { $0 <= LargeTests.memoryLimit }, "\(peaks) KiB", sourceLocation: sourceLocation)
    }

    @Test func aStreamOfTwentyGigabytes() throws {
        let box = try Sandbox()
        // 12 GB of zeros, and 8 GB of text that does not repeat.
        try Files.write(
            """
            head -c 12000000000 /dev/zero
            head -c 6000000000 /dev/zero | openssl enc -aes-128-ctr -nosalt -K \(String(repeating: "0", count: 31))1 \
            -iv \(String(repeating: "0", count: 32)) | base64 --wrap=0
            """, to: box.path("generate"))
        try box.shell("bash generate | \(measured) backup --json --stdin large > told", atMost: 1200)
        let summary = try JSONObject(String(try #require(try Files.text(box.path("told")).split(separator: "\n").last)))
        #expect(summary.number("bytes") == 20_000_000_000)
        #expect(try #require(summary.number("bytes_new")) < 8_100_000_000)
        #expect(try #require(summary.number("bytes_stored")) < 6_500_000_000)
        try box.shell("\(measured) dump latest:large | cmp - <(bash generate)", atMost: 1200)
        try expectLittleMemory(box, 2)
    }

    @Test func aMillionFiles() throws {
        let count = 1_000_000
        let box = try Sandbox(below: LargeTests.roomyFolder(entries: 2 * count + 100_000))
        try box.shell("mkdir source; cd source; seq --format='file-%.0f' \(count) | xargs touch", atMost: 600)
        let source = box.path("source")
        for unchanged in [0, count] {
            try box.shell("\(measured) backup --json source > told", atMost: 600)
            let lines = try Files.text(box.path("told")).split(separator: "\n")
            let summary = try JSONObject(String(try #require(lines.last)))
            #expect(summary.number("files") == count)
            #expect(summary.number("files_unchanged") == unchanged)
            #expect(try #require(summary.number("bytes_stored")) < 64 << 20)
        }
        let listed = try box.shell("\(measured) ls latest:\(source) | wc --lines", atMost: 600)
        #expect(listed.lines == ["\(count)"])
        try box.shell("\(measured) restore latest:\(source) --quiet --target restored", atMost: 600)
        let list = "find . -mindepth 1 -printf '%f %y %m %T@ %s\\n' | LC_ALL=C sort"
        try box.shell("cmp <(cd source; \(list)) <(cd restored; \(list))", atMost: 600)
        try box.shell("\(measured) check", atMost: 600)
        try expectLittleMemory(box, 5)
    }

    /// A few rounds of what `tools/crash-loop` plays for hours.
    @Test func killsAndStopsSideBySide() throws {
        let box = try Sandbox(isInitialized: false)
        let loop = try box.start(
            [Argument(Installation.tool("crash-loop")), "--rounds", "10", "--seed", "11"],
            environment: ["VARVE_BINARY": try Installation.binary()])
        let outcome = try loop.wait(atMost: 600)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.text.contains("nothing was lost"))
    }

    /// A file system in memory, where that has room for so many entries; `nil` for the usual place.
    private static func roomyFolder(entries: Int) -> String? {
        var status = statvfs()
        guard statvfs("/dev/shm", &status) == 0, access("/dev/shm", W_OK) == 0, status.f_favail > entries else {
            return nil
        }
        return "/dev/shm"
    }
}
