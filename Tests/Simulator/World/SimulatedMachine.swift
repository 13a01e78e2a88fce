import FileIO
import SeededData

/// A machine that processes run on: its name, its clock, its cache and its files.
final class SimulatedMachine: @unchecked Sendable {
    // Unchecked: one thread runs at a time.
    let host: String
    /// `nil` where each process has a cache of its own.
    let cacheRoot: BytePath?
    /// Where backups see the root of the file system; `nil` where there are no files.
    let fileRoot: BytePath?
    /// What is in its folder of files.
    var files: FileTree?
    /// What its clock would have shown when the run began, as it is set now; in seconds since 1970.
    var beginning: Int64

    init(number: Int, scratch: BytePath, random: inout SeededRandom) {
        host = "host\(number)"
        cacheRoot = scratch.appending(host)
        fileRoot = scratch.appending("\(host)-files")
        let tenYears: Int64 = 10 * 365 * 86_400
        beginning = 1_800_000_000 + ([0, 0, tenYears, -tenYears].randomElement(using: &random) ?? 0)
    }

    /// A machine that nothing was done on before.
    init() {
        host = "fresh"
        cacheRoot = nil
        fileRoot = nil
        beginning = 1_800_000_000
    }
}
