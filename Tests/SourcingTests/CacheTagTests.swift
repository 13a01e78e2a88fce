import FileIO
import Glibc
import Sourcing
import Testing

@Suite struct CacheTagTests {
    private func isTagged(_ prepare: (OpenFile) throws -> Void) throws -> Bool {
        let base = try OpenFile.open("/tmp", .readOnly, .directory)
        let name = Array("varve-test-\(UInt64.random(in: 0 ... .max))".utf8)
        try base.makeDirectory(name)
        defer { try? base.removeTree(name) }
        let folder = try base.openExisting(name, .readOnly, .directory)
        try prepare(folder)
        return CacheTag.isIn(folder)
    }

    private let signature = Array("Signature: 8a477f597d28d172789f06886806bc55".utf8)

    @Test func theSignatureDecides() throws {
        #expect(try isTagged { try $0.createFile(CacheTag.fileName).write(signature) })
        #expect(try isTagged { try $0.createFile(CacheTag.fileName).write(signature + [0x0a, 0x23]) })
        #expect(try !isTagged { _ in })
        #expect(try !isTagged { _ = try $0.createFile(CacheTag.fileName) })
        #expect(try !isTagged { try $0.createFile(CacheTag.fileName).write(signature.dropLast()) })
        #expect(try !isTagged { try $0.createFile(CacheTag.fileName).write([0x20] + signature) })
    }

    @Test func onlyRegularFilesCount() throws {
        #expect(try !isTagged { try $0.makeDirectory(CacheTag.fileName) })
        // Opened without care, a FIFO would block for ever.
        #expect(try !isTagged { try $0.makeSpecialFile(CacheTag.fileName, .fifo) })
        #expect(
            try !isTagged {
                try $0.createFile([0x61]).write(signature)
                try $0.makeSymbolicLink(CacheTag.fileName, to: [0x61])
            })
    }
}
