import FileIO
import Testing

@testable import Sourcing

/// Asked name by name, patterns say what they say of whole paths.
@Suite struct PatternProgressTests {
    private func check(_ patterns: [String], _ names: [String], ignoringCase: Bool = false) throws {
        let patterns = try ExcludePatterns(patterns.map { Array($0.utf8) }, ignoringCase: ignoringCase)
        var progress = patterns.start
        for length in 0...names.count {
            if length > 0 { progress = patterns.advance(progress, by: Array(names[length - 1].utf8)) }
            let path = BytePath("/" + names[..<length].joined(separator: "/"))
            #expect(patterns.selects(progress) == patterns.selects(path), "\(patterns) of \(path.display)")
            #expect(
                patterns.couldMatchBelow(progress) == patterns.couldMatchBelow(path),
                "\(patterns) below \(path.display)")
        }
    }

    @Test(arguments: 0..<40)
    func agreesWithWholePaths(seed: UInt64) throws {
        // The meaning of a list depends on its order, so all of it comes from one number.
        var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func draw(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(count))
        }
        for _ in 0..<60 {
            let components = ["a", "b", "*", "**", "a*", "?b", "[ab]"]
            let patterns = (0...draw(4)).map { _ in
                let body = (0...draw(4)).map { _ in components[draw(components.count)] }.joined(separator: "/")
                return (draw(4) == 0 ? "!" : "") + (draw(2) == 0 ? "/" : "") + body
            }
            try check(patterns, (0..<draw(6)).map { _ in ["a", "b", "ab", "aab"][draw(4)] })
        }
    }

    @Test func edges() throws {
        try check(["/"], ["a", "b"])
        try check(["/**"], ["a"])
        try check([], ["a", "b"])
        try check(["*.JPG", "/Home/[A-C]x"], ["HOME", "bX", "c.jpg"], ignoringCase: true)
    }

    @Test func equalProgressIsEqual() throws {
        let patterns = try ExcludePatterns([Array("*.conf".utf8)])
        let etc = patterns.advance(patterns.start, by: Array("etc".utf8))
        #expect(etc == patterns.start)
        #expect(patterns.advance(etc, by: Array("a.conf".utf8)) != etc)
    }
}
