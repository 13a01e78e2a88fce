import CommandLineSupport
import Glibc
import VarveKit

/// The program: reads the command line, runs a command, and makes an exit code of how it ended.
@main
struct Varve {
    static func main() {
        let signals = SignalThread.start()
        raiseFileLimit()
        // Folders may lie deep below each other, and what walks them goes down by calling itself.
        let code = Promise<Int32>()
        let thread = WorkerThread(name: "main", stackSize: 512 << 20) {
            code.fulfil(.success(run(ProgramDeclaration.argumentsOfProcess(), signals)))
        }
        thread.join()
        exit((try? code.value()) ?? 1)
    }

    private static func run(_ arguments: [[UInt8]], _ signals: SignalThread) -> Int32 {
        let isJSON = arguments.contains(Array("--json".utf8))
        do {
            let code = try dispatch(arguments, signals)
            try StandardOutput.output.flush()
            return code
        } catch let error as UsageError {
            return Failure(error).report(asJSON: isJSON)
        } catch let error as VarveError {
            return Failure(error).report(asJSON: isJSON)
        } catch let error as OutputError {
            // Whoever read the output has seen enough, as behind `varve ls | head`.
            return error.isClosedPipe
                ? 0 : Failure(message: error.description, advice: "", code: 1).report(asJSON: isJSON)
        } catch {
            return Failure(message: "\(error)", advice: "", code: 1).report(asJSON: isJSON)
        }
    }

    private static func dispatch(_ arguments: [[UInt8]], _ signals: SignalThread) throws -> Int32 {
        switch try Program.declaration.parse(bytes: arguments) {
        case .help(let text):
            try StandardOutput.output.write(text)
            return 0
        case .version(let parsed):
            _ = try KernelLevel.selection.get()
            return try VersionCommand.run(CommandContext(parsed, signals))
        case .command(let parsed):
            guard let command = Program.commands.first(where: { $0.declaration.name == parsed.command.first }) else {
                preconditionFailure("every declared command has code")
            }
            _ = try KernelLevel.selection.get()
            let context = CommandContext(parsed, signals)
            defer { context.closeBackends() }
            return try command.run(context)
        }
    }

    /// Deep trees and many streams need more open files than the usual soft limit.
    private static func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
