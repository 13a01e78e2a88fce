import CommandLineSupport

/// The command line.
struct Options {
    enum Action { case measure, list, help }

    private(set) var action = Action.measure
    /// Smaller buffers and fewer runs, for about a minute in all.
    private(set) var isQuick = false
    private(set) var groups = Set(Group.allCases)
    /// Files that take the place of made-up data.
    private(set) var files: [DataKind: String] = [:]

    static let usage = """
        usage: varve-bench [--quick] [--group NAME]… [--data NAME=PATH]… [--list]

          --quick           smaller buffers, fewer runs, the index at 1 million chunks only
          --group NAME      measures this group only; may be given several times
          --data NAME=PATH  takes the bytes of a file for this kind of data
          --list            names the groups and the kinds of data
        """

    static var listing: String {
        let groups = Group.allCases.map { "  \($0.rawValue): \($0.summary)" }
        let kinds = DataKind.allCases.map { "  \($0.rawValue): \($0.summary)" }
        return (["groups"] + groups + ["data"] + kinds).joined(separator: "\n")
    }

    init(parsing arguments: [String]) throws(UsageError) {
        var rest = arguments[...]
        var named: Set<Group> = []
        while let argument = rest.popFirst() {
            switch argument {
            case "--help", "-h": action = .help
            case "--list": action = .list
            case "--quick": isQuick = true
            case "--group":
                guard let name = rest.popFirst(), let group = Group(rawValue: name) else {
                    throw Options.error("--group needs the name of a group")
                }
                named.insert(group)
            case "--data":
                let parts = rest.popFirst()?.split(separator: "=", maxSplits: 1).map(String.init) ?? []
                guard parts.count == 2, let kind = DataKind(rawValue: parts[0]) else {
                    throw Options.error("--data needs NAME=PATH with a kind of data")
                }
                files[kind] = parts[1]
            default: throw Options.error("unknown argument \"\(argument)\"")
            }
        }
        if !named.isEmpty { groups = named }
    }

    private static func error(_ problem: String) -> UsageError {
        UsageError(problem, advice: "`varve-bench --list` shows the names that there are")
    }
}
