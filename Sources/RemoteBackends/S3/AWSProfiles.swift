/// The files in which AWS tools keep profiles (`~/.aws/config` and `~/.aws/credentials`).
struct AWSProfiles: Hashable, Sendable {
    /// Settings by profile, names of settings in small letters.
    private(set) var settings: [String: [String: String]] = [:]

    /// - Parameter isConfiguration: whether sections are called "profile NAME", as in `config`.
    init(parsing bytes: [UInt8], isConfiguration: Bool) {
        var profile: String?
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            // What is indented belongs to the setting before it; none of those is of use here.
            guard let first = line.first, !first.isWhitespace, first != "#", first != ";" else { continue }
            if first == "[" {
                profile = AWSProfiles.section(line, isConfiguration)
            } else if let profile, let equals = line.firstIndex(of: "=") {
                let name = AWSProfiles.trimmed(line[..<equals]).lowercased()
                settings[profile, default: [:]][name] = AWSProfiles.value(line[line.index(after: equals)...])
            }
        }
    }

    /// Settings of both files; what `credentials` says counts more.
    static func merged(configuration: AWSProfiles?, credentials: AWSProfiles?) -> AWSProfiles {
        var merged = configuration ?? AWSProfiles(parsing: [], isConfiguration: true)
        for (profile, settings) in credentials?.settings ?? [:] {
            merged.settings[profile, default: [:]].merge(settings) { $1 }
        }
        return merged
    }

    /// `nil` for a section that is no profile.
    private static func section(_ line: Substring, _ isConfiguration: Bool) -> String? {
        guard let end = line.firstIndex(of: "]") else { return nil }
        let words = line[line.index(after: line.startIndex)..<end].split(whereSeparator: \.isWhitespace)
        switch words.count {
        case 1: return !isConfiguration || words[0] == "default" ? String(words[0]) : nil
        case 2: return isConfiguration && words[0] == "profile" ? String(words[1]) : nil
        default: return nil
        }
    }

    /// Without a comment, which a space stands before.
    private static func value(_ text: Substring) -> String {
        var end = text.startIndex
        var previous: Character = "="
        while end < text.endIndex {
            if previous.isWhitespace, text[end] == "#" || text[end] == ";" { break }
            previous = text[end]
            end = text.index(after: end)
        }
        return trimmed(text[..<end])
    }

    private static func trimmed(_ text: Substring) -> String {
        let start = text.drop(while: \.isWhitespace)
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}
