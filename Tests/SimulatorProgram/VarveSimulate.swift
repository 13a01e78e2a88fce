import FileIO
import Glibc
import Simulator

/// `varve-simulate`: plays runs of varve against a simulated storage, one for each seed.
@main
struct VarveSimulate {
    static func main() {
        useDeterministicHashing()
        let arguments: Arguments
        do {
            arguments = try Arguments(CommandLine.arguments.dropFirst())
        } catch {
            fail("\(error)\n\n\(Arguments.usage)", code: 2)
        }
        let scratch = BytePath("\(arguments.scratch)/varve-simulate-\(getpid())")
        guard (try? scratch.makeDirectories()) != nil else { fail("\(scratch.display) cannot be made", code: 2) }
        let failures = Campaign(arguments, scratch: scratch).run()
        try? OpenFile.open(scratch.parent, .readOnly, .directory).removeTree(scratch.lastComponent)
        exit(failures == 0 ? 0 : 1)
    }

    /// Swift's hashing is seeded anew in every process unless the environment says otherwise before the process begins.
    private static func useDeterministicHashing() {
        guard getenv("SWIFT_DETERMINISTIC_HASHING") == nil else { return }
        setenv("SWIFT_DETERMINISTIC_HASHING", "1", 1)
        var words = CommandLine.arguments.map { strdup($0) } + [nil]
        execv("/proc/self/exe", &words)
        fail("/proc/self/exe cannot be run again", code: 2)
    }

    static func fail(_ text: String, code: Int32) -> Never {
        let bytes = Array("varve-simulate: \(text)\n".utf8)
        _ = write(2, bytes, bytes.count)
        exit(code)
    }
}
