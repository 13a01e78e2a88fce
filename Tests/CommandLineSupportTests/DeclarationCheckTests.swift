import Testing

@testable import CommandLineSupport

struct DeclarationCheckTests {
    private func command(_ options: [Option] = [], _ positionals: [Positional] = []) -> CommandDeclaration {
        CommandDeclaration(
            "do", abstract: "Do it.", examples: [Example("p do", "it")], options: options, positionals: positionals)
    }

    @Test func contradictionsTrap() async {
        await #expect(processExitsWith: .failure) {
            let command = CommandDeclaration(
                "do", abstract: "Do it.", examples: [Example("p do", "it")], options: [.flag("help", help: "")])
            _ = ProgramDeclaration(name: "p", abstract: "P.", globalOptions: [], commands: [command], exitCodes: [])
        }
    }

    @Test func findsContradictions() {
        func problems(_ commands: [CommandDeclaration], _ globals: [Option] = []) -> [String] {
            commands.flatMap { DeclarationCheck.problems(of: $0, globals: globals) }
        }
        #expect(problems([command()]).isEmpty)
        #expect(
            problems([command([.flag("a", "x", help: "")])], [.flag("a", "x", help: "")])
                == ["do: option a twice", "do: letter x twice"])
        #expect(problems([command([.flag("--a", help: "")])]) == ["do: option --a: not a plain name"])
        #expect(problems([command([.flag("a", "é", help: "")])]) == ["do: option a: the letter is not one"])
        #expect(
            problems([command([.value("a", nil, "A", help: "", allowedValues: ["x", "$(y)"])])])
                == ["do: option a: \"$(y)\" needs quoting in a shell"])
        #expect(
            problems([command([], [Positional("A", .optional, help: ""), Positional("B", help: "")])])
                == ["do: positional B is required behind an optional one"])
        #expect(
            problems([command([], [Positional("A", .anyNumber, help: ""), Positional("B", .optional, help: "")])])
                == ["do: positional B can never be reached"])
        let bare = CommandDeclaration("Do", abstract: "", examples: [])
        #expect(
            problems([bare])
                == ["Do: the name is not made of a-z, 0-9 and inner dashes", "Do: no abstract", "Do: no example"])
        let folder = CommandDeclaration("f", abstract: "F.", subcommands: [command(), command()])
        #expect(problems([folder]) == ["f: subcommand do twice"])
    }
}
