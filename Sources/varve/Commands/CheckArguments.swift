import CommandLineSupport
import VarveKit

/// Which data `varve check` is asked to read.
struct CheckArguments {
    let readsData: Bool
    let subset: DataSubset
    let isKeyless: Bool
    let recordsDamage: Bool
    /// Another tier to fetch from what is damaged.
    let repairsFrom: String?

    /// Without options: everything is there.
    static let structure = CheckArguments(
        readsData: false, subset: .all, isKeyless: false, recordsDamage: true, repairsFrom: nil)

    private init(
        readsData: Bool, subset: DataSubset, isKeyless: Bool, recordsDamage: Bool, repairsFrom: String?
    ) {
        self.readsData = readsData
        self.subset = subset
        self.isKeyless = isKeyless
        self.recordsDamage = recordsDamage
        self.repairsFrom = repairsFrom
    }

    init(_ arguments: ParsedArguments) throws {
        repairsFrom = try arguments.value("repair-from")
        if repairsFrom != nil, arguments.flag("keyless") || arguments.flag("no-record") {
            throw UsageError(
                "--repair-from goes by what is written down in the repository",
                advice: "leave out --keyless and --no-record")
        }
        isKeyless = arguments.flag("keyless")
        recordsDamage = !arguments.flag("no-record")
        guard let text = try arguments.value("read-data-subset") else {
            readsData = arguments.flag("read-data")
            subset = .all
            return
        }
        guard !arguments.flag("read-data") else {
            throw UsageError(
                "--read-data reads everything, and --read-data-subset a part", advice: "give one of them")
        }
        readsData = true
        subset = try CheckArguments.subset(text)
        if isKeyless, case .part = subset { return }
        if isKeyless {
            throw UsageError(
                "--keyless keeps no record of what was verified when", advice: "give --read-data-subset N/T with it")
        }
    }

    /// What "2/7", "5%" and "10G" stand for.
    private static func subset(_ text: String) throws(UsageError) -> DataSubset {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count == 2, let number = Int(parts[0]), let count = Int(parts[1]), number > 0, number <= count {
            return .part(number, of: count)
        }
        if text.hasSuffix("%"), let percent = Double(text.dropLast()), percent > 0, percent <= 100 {
            return .share(percent: percent)
        }
        if let bytes = ByteCount.parse(text), bytes > 0 { return .bytes(bytes) }
        throw UsageError(
            "--read-data-subset does not take \"\(text)\"",
            advice: "write a part such as 2/7, a share such as 5%, or a size such as 10G")
    }
}
