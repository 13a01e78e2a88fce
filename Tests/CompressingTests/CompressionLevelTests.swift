import Testing

@testable import Compressing

@Suite struct CompressionLevelTests {
    @Test(
        arguments: [
            ("off", nil), ("fastest", -1), ("default", 2), ("better", 3), ("max", 12), ("-20", -20), ("7", 7),
            ("22", 22),
        ] as [(String, Int8?)])
    func textIsTaken(text: String, level: Int8?) throws {
        let parsed = try #require(CompressionLevel(parsing: text))
        #expect(parsed.zstdLevel == level)
        #expect(CompressionLevel(parsing: parsed.description) == parsed)
    }

    @Test(arguments: ["", "0", "23", "-21", "1000", "fast", "Default", "3.5", " 3"])
    func otherTextIsRefused(text: String) {
        #expect(CompressionLevel(parsing: text) == nil)
    }

    @Test func libraryNamesItself() {
        let version = Zstd.versionNumber
        #expect(Zstd.libraryVersion == "zstd \(version / 10000).\(version / 100 % 100).\(version % 100)")
    }
}
