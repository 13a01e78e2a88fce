import Glibc
import Testing

/// What a user who may not do everything meets. As root the tests run varve as "nobody".
@Suite struct UserTests {
    /// Runs varve as somebody who is not root, with a cache of his own.
    private func runAsUser(_ box: Sandbox, _ arguments: [Argument], _ changes: [String: String] = [:]) throws -> Outcome
    {
        let environment = ["XDG_CACHE_HOME": box.path("user/cache")].merging(changes) { $1 }
        if !Installation.isRoot { return try box.run(arguments: arguments, environment: environment) }
        if !Files.exists(box.path("user/varve")) {
            // Others need not be able to reach the folder in which it was built.
            try box.shell("install -m 755 \"$VARVE\" user/varve")
        }
        let command: [Argument] = [
            "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", Argument(box.path("user/varve")),
        ]
        return try box.start(command + arguments, environment: environment).wait()
    }

    private func sandbox() throws -> Sandbox {
        let box = try Sandbox(isInitialized: false)
        chmod(box.folder, 0o755)
        try Files.makeFolder(box.path("user"), 0o777)
        try Files.makeFolder(box.path("source"), 0o755)
        return box
    }

    @Test func unreadableFilesAreReportedAndLeftOut() throws {
        let box = try sandbox()
        let source = box.path("source")
        try Files.write("public\n", to: "\(source)/public")
        try Files.write("secret\n", to: "\(source)/secret")
        chmod("\(source)/secret", 0)
        try Files.makeFolder("\(source)/closed", Installation.isRoot ? 0o700 : 0)
        let repository: [String: String] = ["VARVE_REPOSITORY": box.path("user/repository")]
        #expect(try runAsUser(box, ["init", "-q"], repository).code == 0)

        let outcome = try runAsUser(box, ["backup", "--json", Argument(source)], repository)
        #expect(outcome.code == 3, "\(outcome.errors)")
        #expect(outcome.errors.contains("\(source)/secret"))
        #expect(outcome.errors.contains("\(source)/closed"))
        #expect(outcome.errors.contains("Permission denied"))
        #expect(try outcome.object("summary").number("errors") == 2)
        let names = try runAsUser(box, ["ls", "latest:\(source)"], repository).lines
        #expect(names.contains("\(source)/public"))
        #expect(!names.contains("\(source)/secret"))

        // What could not be read is read as soon as it can be.
        chmod("\(source)/secret", 0o644)
        chmod("\(source)/closed", 0o755)
        #expect(try runAsUser(box, ["backup", "-q", Argument(source)], repository).code == 0)
        let dump = try runAsUser(box, ["dump", "latest:\(source)/secret"], repository)
        #expect(dump.text == "secret\n")
        if !Installation.isRoot { chmod("\(source)/closed", 0o755) }
    }

    /// A folder that may be passed and not listed, as `/home` and `/root` often are.
    @Test func foldersOnTheWayNeedNotBeReadable() throws {
        let box = try sandbox()
        let source = box.path("source")
        try Files.makeFolder("\(source)/passage", 0o755)
        try Files.makeFolder("\(source)/passage/room", 0o755)
        try Files.write("inside\n", to: "\(source)/passage/room/file")
        chmod("\(source)/passage", 0o711)
        if !Installation.isRoot { chmod("\(source)/passage", 0o311) }
        let repository: [String: String] = ["VARVE_REPOSITORY": box.path("user/repository")]
        #expect(try runAsUser(box, ["init", "-q"], repository).code == 0)
        let room = "\(source)/passage/room"
        let outcome = try runAsUser(box, ["backup", "-q", Argument(room)], repository)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try runAsUser(box, ["dump", "latest:\(room)/file"], repository).text == "inside\n")
        chmod("\(source)/passage", 0o755)
    }

    @Test func aRepositoryThatMayOnlyBeReadIsReadable() throws {
        let box = try sandbox()
        let content = Sample.lines(20_000)
        try box.succeed("init", "-q")
        try box.succeed("backup", "-q", "--stdin", "a", input: .bytes(content))
        let mode = Installation.isRoot ? "go=rX" : "a-w,a+rX"
        try box.shell("chmod -R \(mode) repository")
        let before = try TreeListing(box.repository)
        #expect(try runAsUser(box, ["snapshots"]).code == 0)
        #expect(try runAsUser(box, ["ls", "latest"]).lines == ["/a"])
        #expect(try runAsUser(box, ["dump", "latest:a"]).output == content)
        let restored = try runAsUser(box, ["restore", "latest", "--target", Argument(box.path("user/out"))])
        #expect(restored.code == 0, "\(restored.errors)")
        #expect(try Files.read(box.path("user/out/a")) == content)
        let checked = try runAsUser(box, ["check", "--read-data"])
        #expect(checked.code == 0, "\(checked.errors)")

        let refused = try runAsUser(box, ["backup", "--stream", "b=echo b"])
        #expect(refused.code == 1)
        #expect(refused.errors.contains(box.repository) && refused.errors.contains("Permission denied"))
        #expect(refused.errorLines.count == 1)
        #expect(before.differences(to: try TreeListing(box.repository)).isEmpty)
        if !Installation.isRoot { try box.shell("chmod -R u+w repository") }
    }

    @Test func aCacheThatCannotBeMadeDoesNotKeepFromReading() throws {
        let box = try sandbox()
        try box.succeed("init", "-q")
        try box.succeed("backup", "-q", "--stream", "a=echo kept")
        try box.shell("chmod -R go=rX repository")
        for variables in [["XDG_CACHE_HOME": "/proc/nowhere"], ["XDG_CACHE_HOME": "", "HOME": "/proc/nowhere"]] {
            let dump = try runAsUser(box, ["dump", "latest:a"], variables)
            #expect(dump.code == 0, "\(dump.errors)")
            #expect(dump.text == "kept\n")
        }
    }
}
