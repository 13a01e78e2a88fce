import SeededData
/// Kinds of data that differ in what they ask of a kernel.
///
/// To add one, add its case, its summary and what it is filled with.
enum DataKind: String, CaseIterable {
    case random
    case text
    case tar
    case zeros
    case utf16Spaces = "utf16-spaces"

    var summary: String {
        switch self {
        case .random: "bytes without any pattern, like what is encrypted or compressed"
        case .text: "a plain dump of a table, as COPY writes it"
        case .tar: "a base backup: a tar of database pages"
        case .zeros: "bytes of zero"
        case .utf16Spaces: "spaces in UTF-16: a pattern of two bytes"
        }
    }

    /// Fills `buffer`, with the same bytes every time.
    func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        switch self {
        case .random:
            var random = SeededRandom(seed: 1)
            var rest = buffer[...]
            while rest.count >= 8 {
                UnsafeMutableRawBufferPointer(rebasing: rest).storeBytes(of: random.next(), as: UInt64.self)
                rest = rest.dropFirst(8)
            }
            for index in rest.indices { buffer[index] = UInt8(truncatingIfNeeded: random.next()) }
        case .text: DumpRows(seed: 2).fill(buffer)
        case .tar: BaseBackup(seed: 3).fill(buffer)
        case .zeros: buffer.initializeMemory(as: UInt8.self, repeating: 0)
        case .utf16Spaces: for index in buffer.indices { buffer[index] = index & 1 == 0 ? 0x20 : 0 }
        }
    }
}
