import Glibc
import Testing

/// Entries of all kinds come back with all that they had.
@Suite struct MetadataTests {
    @Test func everythingComesBack() throws {
        let box = try Sandbox(isEncrypted: false)
        let source = try box.makeTreeOfAllKinds()
        try box.succeed("backup", "-q", Argument(source))
        let target = box.path("out")
        try box.succeed("restore", "latest:\(source)", "--target", Argument(target), "--verify")
        try TreeListing.expectSame(source, target)
        #expect(try box.attributes(below: target) == box.attributes(below: source))
        #expect(try box.attributes(below: source).count >= 4)

        // Again over what is there: nothing is written, and nothing is different.
        let again = try box.succeed(
            "restore", "latest:\(source)", "--target", Argument(target), "--overwrite", "if-changed", "--json")
        #expect(try again.object("summary").number("bytes_written") == 0)
        try TreeListing.expectSame(source, target)
        try box.succeed("restore", "latest:\(source)", "--target", Argument(target), "--overwrite", "always")
        try TreeListing.expectSame(source, target)
        #expect(try box.attributes(below: target) == box.attributes(below: source))
    }

    @Test func metadataAloneIsBroughtBack() throws {
        let box = try Sandbox(isEncrypted: false)
        let source = try box.makeTreeOfAllKinds()
        try box.succeed("backup", "-q", Argument(source))
        let target = box.path("out")
        try box.succeed("restore", "latest:\(source)", "--target", Argument(target))
        try box.shell(
            """
            cd out; chmod 600 folder/file; chmod 700 folder; setfattr -x user.colour folder/file
            setfattr -n user.own -v mine folder/file; touch -d '2020-01-01' folder/file folder
            """)
        try box.succeed("restore", "latest:\(source)", "--target", Argument(target), "--overwrite", "if-changed")
        try TreeListing.expectSame(source, target)
    }

    @Test func holesAreMadeWhereAskedFor() throws {
        let box = try Sandbox(isEncrypted: false)
        try box.shell("truncate -s 64M sparse; printf end >> sparse")
        try box.succeed("backup", "-q", Argument(box.path("sparse")))
        try box.succeed("restore", "latest:\(box.path("sparse"))", "--target", Argument(box.path("out")), "--sparse")
        try box.shell("cmp sparse out/sparse; test $(stat --format=%b out/sparse) -lt 8192")
    }

    /// Whatever stands in the target: nothing is written behind a link that leads out of it.
    @Test func nothingIsWrittenOutsideOfTheTarget() throws {
        let box = try Sandbox(isEncrypted: false)
        let source = try box.makeSmallTree()
        try box.succeed("backup", "-q", Argument(source))
        try box.shell(
            "mkdir outside out; echo mine > outside/today.txt; ln -s ../outside out/notes; ln -s ../outside/new out/script"
        )
        for policy in ["never", "if-changed", "always"] {
            let outcome = try box.run(arguments: [
                "restore", "latest:\(source)", "--target", Argument(box.path("out")), "--overwrite", Argument(policy),
            ])
            #expect(outcome.code < 128)
            #expect(try Files.text(box.path("outside/today.txt")) == "mine\n")
            #expect(!Files.exists(box.path("outside/new")))
            #expect(Files.below(box.path("outside")).count == 1)
        }
        #expect(try Files.text(box.path("out/notes/today.txt")) == "remember the milk\n")
    }
}
