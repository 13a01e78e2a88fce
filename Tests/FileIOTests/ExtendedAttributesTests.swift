import FileIO
import Glibc
import Testing

@Suite struct ExtendedAttributesTests {
    let folder: OpenFolder
    /// A name that is no text.
    let name: [UInt8] = [0xff, 0x0a, 0x20]
    init() throws {
        folder = try OpenFolder()
        try folder.write(name)
    }

    private func attribute(_ name: String, _ value: [UInt8]) -> ExtendedAttribute {
        ExtendedAttribute(name: Array(name.utf8), value: value)
    }

    /// Writes them; false where this disk has no attributes.
    private func write(_ attributes: [ExtendedAttribute]) throws -> Bool {
        let failures = ExtendedAttributes.write(attributes, at: folder.open, name: name)
        if failures.contains(where: { $0.error.errnoCode == ENOTSUP }) { return false }
        #expect(failures.isEmpty)
        return true
    }

    private func read() throws -> [ExtendedAttribute] {
        // Some systems label every file.
        try ExtendedAttributes.read(at: folder.open, name: name).filter { !$0.name.starts(with: "security.".utf8) }
    }

    @Test func roundTrip() throws {
        let wanted = [
            attribute("user.a", []), attribute("user.b", [0, 255, 0]),
            attribute("user.long", [UInt8](repeating: 9, count: 2000)),
        ]
        guard try write(wanted.reversed()) else { return }
        #expect(try read() == wanted)
        guard try write([attribute("user.a", [1])]) else { return }
        #expect(try read() == [attribute("user.a", [1])] + wanted.dropFirst())
    }

    @Test func manyNamesAreReadWhole() throws {
        let wanted = (10..<40).map { attribute("user.\(String(repeating: "n", count: 50))\($0)", [UInt8($0)]) }
        guard try write(wanted) else { return }
        #expect(try read() == wanted)
    }

    @Test func accessControlListsAreAttributes() throws {
        // Linux keeps lists as: version 2, then tag, permissions and number of each, little-endian.
        func entry(_ tag: UInt8, _ permissions: UInt8, _ id: [UInt8] = [255, 255, 255, 255]) -> [UInt8] {
            [tag, 0, permissions, 0] + id
        }
        let list: [UInt8] =
            [2, 0, 0, 0] + entry(1, 6) + entry(2, 4, [0xd2, 4, 0, 0]) + entry(4, 4) + entry(16, 4) + entry(32, 0)
        guard try write([attribute("system.posix_acl_access", list)]) else { return }
        #expect(try read() == [attribute("system.posix_acl_access", list)])
    }

    @Test func whatIsNotWantedIsRemoved() throws {
        guard try write([attribute("user.old", [1]), attribute("user.kept", [2])]) else { return }
        let failures = ExtendedAttributes.write(
            [attribute("user.kept", [3])], at: folder.open, name: name, removingOthers: true)
        #expect(failures.isEmpty)
        #expect(try read() == [attribute("user.kept", [3])])
    }

    @Test func failuresNameTheAttribute() throws {
        let failures = ExtendedAttributes.write(
            [attribute("nonsense", [1]), attribute("user.fine", [2])], at: folder.open, name: name)
        #expect(failures.map(\.name).contains("nonsense".bytes))
        let shown = try #require(failures.first).error.description
        #expect(shown.hasPrefix("cannot write the extended attribute nonsense of \(folder.path.display)/"))
    }

    @Test func linksAreNotFollowed() throws {
        guard try write([attribute("user.a", [1])]) else { return }
        try folder.open.makeSymbolicLink("l".bytes, to: name)
        #expect(try ExtendedAttributes.read(at: folder.open, name: "l".bytes).allSatisfy { $0.name != "user.a".bytes })
    }

    @Test func filesWithoutAttributesHaveNone() throws {
        #expect(try read() == [])
        let proc = try OpenFile.open("/proc/self", .readOnly, .directory)
        #expect(try ExtendedAttributes.read(at: proc, name: "status".bytes).isEmpty)
        #expect(
            errnoOf { try ExtendedAttributes.read(at: folder.open, name: "none".bytes) } == ENOENT)
    }
}
