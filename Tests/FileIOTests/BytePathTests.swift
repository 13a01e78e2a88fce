import FileIO
import Glibc
import Testing

@Suite struct BytePathTests {
    @Test func appendingPutsOneSlashBetween() {
        #expect(BytePath("/a").appending("b") == "/a/b")
        #expect(BytePath("/a/").appending("b") == "/a/b")
        #expect(BytePath("/").appending([0xff]).bytes == [0x2f, 0xff])
        #expect(BytePath("").appending("b") == "b")
    }

    @Test(arguments: [
        ("/", "", "/"), ("/a", "a", "/"), ("/a/b", "b", "/a"), ("/a//b//", "b", "/a"), ("a", "a", "."),
        ("a/b/", "b", "a"), ("", "", "."), ("//", "", "/"),
    ])
    func splitsIntoParentAndLastComponent(path: String, last: String, parent: String) {
        #expect(BytePath(path).lastComponent == Array(last.utf8))
        #expect(BytePath(path).parent == BytePath(parent))
    }

    @Test(arguments: [
        ("/a/./b//c/", "/a/b/c"), ("/a/../b", "/b"), ("/../..", "/"), ("/a/b/../../c", "/c"), ("/", "/"), ("//x", "/x"),
    ])
    func absoluteIsCleaned(path: String, cleaned: String) throws {
        #expect(try BytePath(path).absolute() == BytePath(cleaned))
    }

    @Test func relativeStartsAtTheWorkingDirectory() throws {
        let here = try BytePath.workingDirectory()
        #expect(here.isAbsolute)
        #expect(try BytePath("x/../y").absolute() == here.appending("y"))
        #expect(try BytePath(".").absolute() == here)
    }

    @Test func componentsLeaveOutEmptyOnes() {
        #expect(BytePath("/a//b/").components == ["a".bytes, "b".bytes])
        #expect(BytePath("/").components.isEmpty)
    }

    @Test func ordersByBytes() {
        #expect(BytePath("/a-b") < BytePath("/a/b"))
        #expect(BytePath([0x2f, 0x7f]) < BytePath([0x2f, 0x80]))
    }

    @Test func namesWithNULAreRefused() {
        #expect(BytePath(validating: [0x61, 0]) == nil)
        #expect(BytePath(validating: []) == nil)
        #expect(BytePath(validating: [0xff])?.bytes == [0xff])
        // "/tmp" exists: a name cut at the NUL would open.
        #expect(errnoOf { try OpenFile.open(BytePath("/tmp\0x")) } == EINVAL)
        #expect(errnoOf { try FileMetadata.read(BytePath("/tmp\0x")) } == EINVAL)
    }

    @Test func displaysWhatIsNoText() {
        #expect(BytePath([0x2f, 0xff, 0x0a]).display == "/\\xff\\x0a")
    }
}
