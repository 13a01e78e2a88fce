import Primitives

/// A decoder that gets bytes from outside, with what must hold whatever they are.
package protocol FuzzTarget: Sendable {
    /// What `tools/fuzz` calls it; its corpus is `Tests/FuzzCorpus/NAME`.
    static var name: String { get }
    init() throws
    /// Decodes `bytes`.
    ///
    /// - Returns: whether they were taken for an object.
    /// - Throws: ``Violation`` where something does not hold.
    func check(_ bytes: [UInt8]) throws -> Bool
}

/// Something that should hold for all bytes, and does not for these.
package struct Violation: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

package enum TargetList {
    package static let all: [any FuzzTarget.Type] = [
        HeaderTarget.self, KeySlotTarget.self, KeyringTarget.self, ConfigurationTarget.self, PackDirectoryTarget.self,
        PackFooterTarget.self, PackTarget.self, IndexObjectTarget.self, IndexRecordTarget.self, SessionTarget.self,
        ListNodeTarget.self, TreeNodeTarget.self, SnapshotTarget.self,
    ]

    package static func named(_ name: String) -> (any FuzzTarget.Type)? { all.first { $0.name == name } }
}

func expect(_ condition: Bool, _ text: @autoclosure () -> String) throws(Violation) {
    if !condition { throw Violation(text()) }
}

/// What `body` gives; `nil` where it refuses its bytes as a decoder should, as damaged or of a newer varve.
func accepted<Result>(_ body: () throws -> Result) throws(Violation) -> Result? {
    do {
        return try body()
    } catch is MalformedBytes {
        return nil
    } catch let error as VarveError where error.kind == .damaged || error.kind == .unsupported {
        return nil
    } catch {
        throw Violation("bytes are refused with \(error)")
    }
}

/// The same bytes with the right checksum in the header that begins at `start`, which chance does not find.
func withHeaderChecksum(_ bytes: [UInt8], at start: Int = 0) -> [UInt8] {
    guard bytes.count >= start + ObjectHeader.byteCount else { return bytes }
    var bytes = bytes
    let checksum = CRC32C.checksum(bytes[start..<start + ObjectHeader.byteCount - 4])
    withUnsafeBytes(of: checksum.littleEndian) { checksum in
        bytes.replaceSubrange(start + ObjectHeader.byteCount - 4..<start + ObjectHeader.byteCount, with: checksum)
    }
    return bytes
}
