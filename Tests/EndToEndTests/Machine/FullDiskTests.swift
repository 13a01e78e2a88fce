import Testing

/// Disks that fill up. Only root can mount one.
@Suite(.enabled(if: Installation.isRoot, "only root can mount a small file system"))
struct FullDiskTests {
    @Test func aFullRepositoryStaysValid() throws {
        let box = try Sandbox(isInitialized: false)
        let disk = try box.mount("disk", size: "8m")
        box.environment["VARVE_REPOSITORY"] = "\(disk)/repository"
        try box.succeed("init", "-q")
        let small = Sample.random(1 << 20, seed: 1)
        let large = Sample.random(20 << 20, seed: 2)
        try box.succeed("backup", "-q", "--stdin", "small", input: .bytes(small))

        for _ in 1...2 {
            let full = try box.fail(1, "backup", "--stdin", "large", input: .bytes(large))
            #expect(full.errors.contains("No space left on device"))
            #expect(full.errors.contains("the disk is full") && full.errors.contains(disk))
            #expect(full.errorLines.count == 1)
        }
        // On the full disk all can be read.
        try box.checkAll()
        #expect(try box.snapshots().count == 1)
        #expect(try box.dump("latest:small") == small)
        let target = box.path("out")
        try box.succeed("restore", "latest", "--target", Argument(target))

        try box.resize(disk, to: "64m")
        try box.succeed("backup", "-q", "--stdin", "large", input: .bytes(large))
        #expect(try box.dump("latest:large") == large)
        try box.checkAll()
    }

    @Test func aFullCacheIsDoneWithout() throws {
        let box = try Sandbox()
        let content = Sample.lines(50_000)
        try box.succeed("backup", "-q", "--stdin", "a", input: .bytes(content))
        let disk = try box.mount("disk", size: "64k")
        box.environment["XDG_CACHE_HOME"] = disk
        try box.shell("head -c 1M /dev/zero > disk/filling || true")
        #expect(try box.snapshots().count == 1)
        #expect(try box.dump("latest:a") == content)
        try box.checkAll()
        // A backup may do without, or say what is in its way; it may not break anything.
        let outcome = try box.run(arguments: ["backup", "-q", "--stream", "b=echo b"])
        #expect(outcome.code == 0 || outcome.code == 1 && outcome.errors.contains(disk), "\(outcome.errors)")
        try box.checkAll()
        #expect(try box.snapshots().count == (outcome.code == 0 ? 2 : 1))
    }

    @Test func aFullTargetIsNamed() throws {
        let box = try Sandbox(isEncrypted: false)
        try box.succeed("backup", "-q", "--stdin", "a", input: .bytes(Sample.random(4 << 20, seed: 3)))
        let disk = try box.mount("disk", size: "1m")
        let outcome = try box.fail(1, "restore", "latest", "--target", "\(disk)/out")
        #expect(outcome.errors.contains("No space left on device"))
        #expect(!Files.exists("\(disk)/out/a"), "nothing incomplete under the file's own name")
    }
}
