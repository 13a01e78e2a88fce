import Testing

@testable import CommandLineSupport

struct ParsedArgumentsTests {
    private func problem<Value>(_ read: () throws(UsageError) -> Value) -> String? {
        do throws(UsageError) {
            _ = try read()
            return nil
        } catch {
            return error.problem
        }
    }

    @Test func integersKeepToTheirBounds() throws {
        func read(_ text: String, in bounds: ClosedRange<Int>) throws -> Int? {
            try parsed("restore latest --target x --connections=\(text)").integer("connections", in: bounds)
        }
        #expect(try read("1", in: 1...8) == 1)
        #expect(try read("8", in: 1...8) == 8)
        #expect(try read("-3", in: -5...0) == -3)
        for text in ["0", "9", "x", "", "1.5", "99999999999999999999"] {
            let error = #expect(throws: UsageError.self) { try read(text, in: 1...8) }
            #expect(error?.problem == "--connections: \"\(text)\" is not a whole number from 1 to 8")
        }
        let open = #expect(throws: UsageError.self) { try read("0", in: 1...Int.max) }
        #expect(open?.problem == "--connections: \"0\" is not a whole number from 1")
        #expect(try parsed("restore latest --target x").integer("connections", in: 1...8) == nil)
    }

    @Test func sizesKeepToTheirBounds() throws {
        let arguments = try parsed("backup --chunk-size 32K")
        #expect(try arguments.bytes("chunk-size") == 32 << 10)
        #expect(try arguments.bytes("chunk-size", in: 32768...32768) == 32768)
        #expect(
            problem { () throws(UsageError) in try arguments.bytes("chunk-size", in: 65536...1_048_576) }
                == "--chunk-size: \"32K\" is not between 64.0 KiB and 1.00 MiB")
        let wrong = try parsed("backup --chunk-size 32Q")
        #expect(
            problem { () throws(UsageError) in try wrong.bytes("chunk-size") }
                == "--chunk-size: \"32Q\" is not a size such as 512, 32K, 4M or 1G")
        #expect(try parsed("backup").bytes("chunk-size") == nil)
    }

    @Test func durations() throws {
        #expect(try parsed("restore latest --target x --max-wait 2h").duration("max-wait") == .seconds(7200))
        let wrong = try parsed("restore latest --target x --max-wait soon")
        #expect(
            problem { () throws(UsageError) in try wrong.duration("max-wait") }
                == "--max-wait: \"soon\" is not a time span such as 45s, 30m, 2h or 7d")
    }

    @Test func undeclaredNamesTrap() async {
        await #expect(processExitsWith: .failure) { _ = try parsed("backup").flag("overwrite") }
        await #expect(processExitsWith: .failure) { _ = try parsed("backup").valuesBytes("nothing") }
        await #expect(processExitsWith: .failure) { _ = try parsed("backup").positionalBytes("NOTHING") }
        await #expect(processExitsWith: .failure) { _ = try parsed("backup").flag("tag") }
        await #expect(processExitsWith: .failure) { _ = try parsed("backup").value("dry-run") }
        await #expect(processExitsWith: .failure) { _ = try parsed("backup").value("tag") }
    }
}

struct NearestNameTests {
    @Test(arguments: [
        ("", "", 0), ("abc", "", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "abd", 1), ("abc", "abcd", 1),
        ("kitten", "sitting", 3),
    ])
    func distances(first: String, second: String, distance: Int) {
        #expect(NearestName.distance(Array(first), Array(second)) == distance)
        #expect(NearestName.distance(Array(second), Array(first)) == distance)
    }

    @Test func suggestsOnlyWhatIsNear() {
        let names = ["snapshots", "stats", "sync", "self-test"]
        #expect(NearestName.of("snapshot", among: names) == "snapshots")
        #expect(NearestName.of("snap", among: names) == "snapshots")
        #expect(NearestName.of("stast", among: names) == "stats")
        #expect(NearestName.of("purge", among: names) == nil)
        #expect(NearestName.of("x", among: []) == nil)
    }
}
