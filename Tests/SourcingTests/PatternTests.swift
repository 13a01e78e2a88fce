import FileIO
import Primitives
import SeededData
import Testing

@testable import Sourcing

@Suite struct PatternTests {
    private func matches(_ patterns: [String], _ path: String, ignoringCase: Bool = false) throws -> Bool {
        try ExcludePatterns(patterns.map { Array($0.utf8) }, ignoringCase: ignoringCase).matches(BytePath(path))
    }

    @Test(arguments: [
        // One name, anywhere, whole.
        ("bin", "/usr/bin", true), ("bin", "/usr/bin/sh", true), ("bin", "/usr/sbin", false), ("*.o", "/src/a.o", true),
        ("*.o", "/src/a.o/b", true), ("*.o", "/src/a.oo", false), ("*", "/x", true), ("*", "/", false),
        // Runs of names.
        ("src/*.o", "/home/src/a.o", true), ("src/*.o", "/src/x/a.o", false), ("src/a", "/src", false),
        ("a/b", "/a/a/b", true), ("a/b/a/c", "/a/b/a/b/a/c", true),
        // From the root.
        ("/bin", "/bin/sh", true), ("/bin", "/usr/bin", false), ("/a/*", "/a", false), ("/a/*/c", "/a/b/c/d", true),
        ("/a/*/c", "/a/c", false), ("/", "/anything", true),
        // A star stays in its name, two of them do not.
        ("b*ash", "/bin/ash", false), ("a/**/z", "/a/z", true), ("a/**/z", "/x/a/b/c/z/y", true),
        ("a/**/z", "/z/a", false), ("/a/**/z", "/b/a/z", false), ("/**/z", "/q/r/z", true), ("**", "/x", true),
        ("/a/**", "/a", true), ("/a/**", "/b", false), ("a/**/b/**/c", "/a/1/b/2/3/c", true),
        ("a/**/b/**/c", "/a/1/c/2/b", false), ("a/**/b/c", "/a/b/x/b/c", true), ("**/*/x", "/x", false),
        // Cleaned as paths are.
        ("foo/", "/a/foo", true), ("/a//b/./c/", "/a/b/c", true), ("/a/../b", "/b", true), ("../a", "/a", false),
        (".", "/a", false),
        // Classes, escapes, single characters.
        ("[a-cx]1", "/b1", true), ("[a-cx]1", "/x1", true), ("[a-cx]1", "/d1", false), ("[^a-c]1", "/d1", true),
        ("[^a-c]1", "/b1", false), ("[!a]", "/!", true), ("[\\]\\-]", "/]", true), ("[\\]\\-]", "/-", true),
        ("\\*", "/*", true), ("\\*", "/x", false), ("\\!a", "/!a", true), ("a\\?", "/ab", false), ("?", "/ab", false),
        ("caf?", "/café", true), ("caf[é-ê]", "/café", true), ("caf[é-ê]", "/cafe", false), ("?", "/日", true),
        ("a*b*c", "/a-b-b-c", true), ("a*b*c", "/a-c-b", false), ("*a", "/aaa", true), ("x*", "/x", true),
    ])
    func single(pattern: String, path: String, expected: Bool) throws {
        #expect(try matches([pattern], path) == expected)
    }

    @Test func bytesNeedNotBeText() throws {
        let patterns = try ExcludePatterns([[0xff, 0x2a], Array("a?b".utf8), [0x5b, 0x80, 0x5d]])
        #expect(patterns.matches(BytePath([0x2f, 0xff, 0xfe])))
        #expect(patterns.matches(BytePath([0x2f, 0x61, 0xfe, 0x62])))
        #expect(patterns.matches(BytePath([0x2f, 0x80])))
        #expect(!patterns.matches(BytePath([0x2f, 0x81])))
    }

    @Test func laterPatternsTakeBack() throws {
        let home = ["/home/*", "!/home/doc", "*.tmp", "", "!keep.tmp"]
        #expect(try !matches(home, "/home"))
        #expect(try matches(home, "/home/music/a"))
        #expect(try !matches(home, "/home/doc"))
        #expect(try !matches(home, "/home/doc/a"))
        #expect(try matches(home, "/home/doc/a.tmp"))
        #expect(try !matches(home, "/home/doc/keep.tmp"))
        // An excluded folder is not entered, so nothing in it comes back.
        #expect(try matches(["/a", "!/a/b"], "/a/b"))
        #expect(try matches(["!/a", "/a"], "/a"))
        #expect(try !matches(["!/a"], "/a"))
        #expect(try !matches([], "/a"))
    }

    @Test func selectingTakesBackInsideFolders() throws {
        let patterns = try ExcludePatterns(["/a", "!/a/b", "/a/b/c"].map { Array($0.utf8) })
        #expect(patterns.selects("/a/x"))
        #expect(!patterns.selects("/a/b/x"))
        #expect(patterns.selects("/a/b/c/x"))
        #expect(!patterns.selects("/b"))
        #expect(patterns.couldMatchBelow("/a/b"))
        #expect(!patterns.couldMatchBelow("/b"))
        #expect(try !ExcludePatterns([Array("/a".utf8), Array("!/a/b".utf8)]).couldMatchBelow("/a/b"))
    }

    @Test(arguments: [
        ("/a/b/c", "/", true), ("/a/b/c", "/a/b", true), ("/a/b/c", "/a/c", false), ("/a", "/a/b", true),
        ("/a/*/c", "/a/b", true), ("/a/*/c", "/a/b/d", false), ("/a/**/z", "/a/b/c", true), ("/a/**/z", "/b", false),
        ("z", "/a/b", true), ("x/z", "/a", true), ("/**/z", "/a", true), ("/*/b", "/a", true), ("/*/b", "/a/c", false),
    ])
    func entersOnlyWhatMayHold(pattern: String, path: String, expected: Bool) throws {
        #expect(try ExcludePatterns([Array(pattern.utf8)]).couldMatchBelow(BytePath(path)) == expected)
    }

    @Test func caseIsIgnoredWhereAsked() throws {
        #expect(try matches(["*.JPG", "/Home/[A-C]x"], "/a/b.jpg", ignoringCase: true))
        #expect(try matches(["*.JPG", "/Home/[A-C]x"], "/HOME/bX", ignoringCase: true))
        #expect(try !matches(["*.JPG"], "/a/b.jpg"))
        #expect(try !matches(["É"], "/é", ignoringCase: true))
    }

    @Test(arguments: ["[", "a/[b", "[]", "[^]", "[a-]", "[-a]", "x\\", "[a\\", "[z-a]", "**/[", "!/a/["])
    func nonsenseIsRefused(pattern: String) throws {
        let error = #expect(throws: VarveError.self) { try ExcludePatterns([[0x61], Array(pattern.utf8)]) }
        #expect(error?.kind == .usage)
        #expect(error?.problem.contains(ByteString.display(Array(pattern.utf8))) == true)
    }

    /// The meaning of a pattern, tried out in every way.
    private func slow(_ pattern: ArraySlice<String>, _ names: ArraySlice<String>, whole: Bool) -> Bool {
        guard let first = pattern.first else { return !whole || names.isEmpty }
        if first == "**" {
            return (names.startIndex...names.endIndex).contains {
                slow(pattern.dropFirst(), names[$0...], whole: whole)
            }
        }
        guard let name = names.first, slowGlob(Substring(first), Substring(name)) else { return false }
        return slow(pattern.dropFirst(), names.dropFirst(), whole: whole)
    }

    private func slowGlob(_ pattern: Substring, _ name: Substring) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        if first == "*" {
            return slowGlob(pattern.dropFirst(), name) || !name.isEmpty && slowGlob(pattern, name.dropFirst())
        }
        return !name.isEmpty && (first == "?" || first == name.first) && slowGlob(pattern.dropFirst(), name.dropFirst())
    }

    @Test(arguments: 0..<50)
    func agreesWithTheSlowMeaning(seed: UInt64) throws {
        var generator = SeededRandom(seed: seed)
        func text(_ characters: String, upTo count: Int) -> String {
            String(
                (0..<Int.random(in: 1...count, using: &generator)).map { _ in
                    characters.randomElement(using: &generator) ?? "a"
                })
        }
        for _ in 0..<100 {
            let names = (0..<Int.random(in: 1...5, using: &generator)).map { _ in text("ab", upTo: 4) }
            let pattern = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                Bool.random(using: &generator)
                    ? text("ab*?", upTo: 4) : ["**", "*", "a"].randomElement(using: &generator) ?? "*"
            }
            let path = "/" + names.joined(separator: "/")
            let rooted = "/" + pattern.joined(separator: "/")
            let anywhere = pattern.joined(separator: "/")
            #expect(try matches([rooted], path) == slow(pattern[...], names[...], whole: false), "\(rooted) on \(path)")
            #expect(
                try matches([anywhere], path) == slow((["**"] + pattern)[...], names[...], whole: false),
                "\(anywhere) on \(path)")
            // What a folder's own path cannot rule out is found below it, and nothing else is.
            let below = try ExcludePatterns([Array(rooted.utf8)])
            for length in 0..<names.count where below.selects(BytePath(path)) {
                #expect(below.couldMatchBelow(BytePath("/" + names[..<length].joined(separator: "/"))))
            }
        }
    }
}
