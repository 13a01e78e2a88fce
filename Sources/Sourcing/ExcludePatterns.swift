import FileIO
import Primitives

/// Patterns that choose paths, with the meaning that restic gives them.
///
/// - A pattern matches where its names match a run of whole names anywhere in the path: `foo` matches `/a/foo` and
///   `/a/foo/b`, not `/a/food`. One that begins with `/` matches from the root on. A trailing slash is ignored.
/// - In a name, `*` stands for any bytes, `?` for a character, `[a-z]` and `[^a-z]` for one of, or none of, a set; a
///   backslash takes the next character as itself. `**` as a name stands for any number of names.
/// - A pattern that begins with `!` takes back what earlier ones matched.
///
/// Names are bytes; only ``init(_:ignoringCase:)`` knows of case, and of that of ASCII letters only.
package struct ExcludePatterns: Hashable, Sendable {
    let patterns: [Pattern]
    let ignoresCase: Bool
    private let hasNegated: Bool

    struct Pattern: Hashable {
        let components: [PatternComponent]
        let isRooted: Bool
        let isNegated: Bool
    }

    /// Empty patterns are left out.
    ///
    /// - Throws: `VarveError` of kind `usage` that names the pattern that makes no sense.
    package init(_ patterns: [[UInt8]], ignoringCase: Bool = false) throws(VarveError) {
        var parsed: [Pattern] = []
        for pattern in patterns where !pattern.isEmpty {
            do throws(MalformedBytes) {
                parsed.append(try ExcludePatterns.parse(ignoringCase ? lowercased(pattern[...]) : pattern[...]))
            } catch {
                throw VarveError(.usage, "the pattern \"\(ByteString.display(pattern))\" makes no sense: \(error)")
            }
        }
        self.patterns = parsed
        ignoresCase = ignoringCase
        hasNegated = parsed.contains(where: \.isNegated)
    }

    package var isEmpty: Bool { patterns.isEmpty }

    /// Whether `path`, an absolute one, is excluded: it or a folder above it is matched, and that is not taken back.
    ///
    /// What lies in an excluded folder stays excluded, as a walk that does not enter the folder has it.
    package func matches(_ path: BytePath) -> Bool {
        let names = names(of: path)
        // Without `!`, what matches a folder matches all below it, so that one look is enough.
        if !hasNegated { return isChosen(names[...]) }
        return (0...names.count).contains { isChosen(names[..<$0]) }
    }

    /// Whether `path` is chosen, where the patterns say what to take: later patterns win, in a chosen folder too.
    package func selects(_ path: BytePath) -> Bool { isChosen(names(of: path)[...]) }

    /// Whether ``selects(_:)`` may be true for something below the folder `path`, so that it must be entered.
    package func couldMatchBelow(_ path: BytePath) -> Bool {
        let names = names(of: path)
        var could = false
        for pattern in patterns {
            // What takes back a folder takes back all below it.
            if pattern.isNegated {
                could = could && !matches(pattern, names[...])
            } else {
                could = could || !pattern.isRooted || matches(pattern, names[...], orBelow: true)
            }
        }
        return could
    }

    private func isChosen(_ names: ArraySlice<ArraySlice<UInt8>>) -> Bool {
        var chosen = false
        for pattern in patterns where pattern.isNegated == chosen {
            if matches(pattern, names) { chosen.toggle() }
        }
        return chosen
    }

    /// Whether a run of `names` matches, or with `orBelow` could match with further names behind.
    private func matches(
        _ pattern: Pattern, _ names: ArraySlice<ArraySlice<UInt8>>, orBelow: Bool = false
    ) -> Bool {
        var component = 0
        var position = 0
        // Where to go on when a name does not fit: the last `**` takes one name more. A pattern without root begins with
        // such a one, as it were.
        var retry: (component: Int, position: Int)? = pattern.isRooted ? nil : (0, 0)
        while component < pattern.components.count {
            if pattern.components[component] == .anyNames {
                component += 1
                retry = (component, position)
            } else if position < names.count, pattern.components[component].matches(names[position]) {
                component += 1
                position += 1
            } else if position == names.count {
                // More names would only make it harder to fit, or `orBelow` asks for no more.
                return orBelow
            } else if let last = retry {
                retry = (last.component, last.position + 1)
                (component, position) = (last.component, last.position + 1)
            } else {
                return false
            }
        }
        return true
    }

    private func names(of path: BytePath) -> [ArraySlice<UInt8>] {
        let bytes = ignoresCase ? lowercased(path.bytes[...]) : path.bytes[...]
        return bytes.split(separator: UInt8(ascii: "/"))
    }

    private static func parse(_ text: ArraySlice<UInt8>) throws(MalformedBytes) -> Pattern {
        let isNegated = text.first == UInt8(ascii: "!")
        let body = text.dropFirst(isNegated ? 1 : 0)
        let isRooted = body.first == UInt8(ascii: "/")
        // As Go's `filepath.Clean` does.
        var names: [ArraySlice<UInt8>] = []
        for name in body.split(separator: UInt8(ascii: "/")) where !name.elementsEqual(".".utf8) {
            if name.elementsEqual("..".utf8), let last = names.last, !last.elementsEqual("..".utf8) {
                names.removeLast()
            } else if !name.elementsEqual("..".utf8) || !isRooted {
                names.append(name)
            }
        }
        // "." alone is no run of names, and must not match every path.
        if names.isEmpty, !isRooted { names = [Array(".".utf8)[...]] }
        var components: [PatternComponent] = []
        for name in names { components.append(try PatternComponent(name)) }
        return Pattern(components: components, isRooted: isRooted, isNegated: isNegated)
    }
}

func lowercased(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    bytes.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }[...]
}
