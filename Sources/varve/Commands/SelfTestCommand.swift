import CommandLineSupport
import VarveKit

/// `varve self-test`: does this program work on this machine.
enum SelfTestCommand: Command {
    static let declaration = CommandDeclaration(
        "self-test", abstract: "Test this program on this machine, without a repository.",
        discussion:
            "Backs up made-up data into memory, restores it and compares; then damages it and sees that this is noticed.",
        examples: [Example("varve self-test", "after an installation or a change of hardware")])

    static func run(_ context: CommandContext) throws -> Int32 {
        let results = try SelfTest(width: context.width).run()
        for result in results {
            if context.isJSON {
                try context.print([
                    "message_type": "self_test", "name": .string(result.name), "ok": .bool(result.problem == nil),
                    "message": .string(result.problem ?? ""),
                ])
            } else if !context.isQuiet || result.problem != nil {
                try context.print(
                    "\(result.problem == nil ? "ok    " : "FAILED") \(result.name)"
                        + (result.problem.map { ": " + $0 } ?? ""))
            }
        }
        return results.allSatisfy { $0.problem == nil } ? 0 : 1
    }
}
