import CommandLineSupport
import Glibc
import Primitives

/// Measures the kernels of varve one by one, in one thread, and writes a line of JSON for each measurement.
@main
enum VarveBench {
    static func main() {
        do {
            let options = try Options(parsing: CommandLine.arguments.dropFirst().map { $0 })
            switch options.action {
            case .help: try StandardOutput.output.writeLine(Options.usage)
            case .list: try StandardOutput.output.writeLine(Options.listing)
            case .measure:
                let bench = Bench(options)
                for group in Group.allCases where options.groups.contains(group) { try group.measure(with: bench) }
                if Stopwatch.idlePart > 0.05 {
                    let percent = Int(Stopwatch.idlePart * 100)
                    try bench.note(
                        "for \(percent) % of the time something else ran: the machine is busy, and figures are too low")
                }
            }
            try StandardOutput.output.flush()
        } catch let error as UsageError {
            end(code: 2, "\(error)\n\n\(Options.usage)")
        } catch let error as OutputError where error.isClosedPipe {
            exit(1)
        } catch {
            end(code: 1, "\(error)")
        }
    }

    private static func end(code: Int32, _ message: String) -> Never {
        try? StandardOutput.error.writeLine("varve-bench: \(message)")
        exit(code)
    }
}

/// What is measured together; each has a file of its own.
enum Group: String, CaseIterable {
    case limits
    case chunker
    case chunkIDs = "chunk-ids"
    case sealing
    case compression
    case index
    case lists
    case trees

    var summary: String {
        switch self {
        case .limits: "what one core reaches with nothing around it; the other groups are set against these"
        case .chunker: "finding candidates (stage 1), and cutting with every average size"
        case .chunkIDs: "SHA-256 of chunks"
        case .sealing: "sealing and opening segments of 1 MiB"
        case .compression: "compressing and decompressing segments of 1 MiB, and what it saves"
        case .index: "looking up chunks among 1, 10 and 100 million, and the memory that it takes"
        case .lists: "coding and decoding list nodes"
        case .trees: "coding and decoding tree nodes"
        }
    }

    func measure(with bench: Bench) throws {
        switch self {
        case .limits: try LimitsGroup.measure(with: bench)
        case .chunker: try ChunkerGroup.measure(with: bench)
        case .chunkIDs: try ChunkIDGroup.measure(with: bench)
        case .sealing: try SealingGroup.measure(with: bench)
        case .compression: try CompressionGroup.measure(with: bench)
        case .index: try IndexGroup.measure(with: bench)
        case .lists: try ListGroup.measure(with: bench)
        case .trees: try TreeGroup.measure(with: bench)
        }
    }
}
