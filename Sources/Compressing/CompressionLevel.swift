/// How hard to compress. Any level can be read at any time: it is no property of a repository.
package struct CompressionLevel: Sendable, Hashable {
    /// The level of zstd; `nil` where nothing is compressed.
    package let zstdLevel: Int8?

    /// The levels that may be given as a number.
    package static let allowedLevels: ClosedRange<Int8> = -20...22

    /// Stores everything as it is.
    package static let off = CompressionLevel(zstdLevel: nil)
    package static let fastest = CompressionLevel(zstdLevel: -1)
    package static let `default` = CompressionLevel(zstdLevel: 2)
    package static let better = CompressionLevel(zstdLevel: 3)
    package static let max = CompressionLevel(zstdLevel: 12)

    private static let names: [(String, CompressionLevel)] = [
        ("off", off), ("fastest", fastest), ("default", `default`), ("better", better), ("max", max),
    ]

    private init(zstdLevel: Int8?) { self.zstdLevel = zstdLevel }

    /// Takes `off`, `fastest`, `default`, `better`, `max` or a number; `nil` for anything else.
    package init?(parsing text: String) {
        if let named = CompressionLevel.names.first(where: { $0.0 == text }) {
            self = named.1
            return
        }
        guard let number = Int8(text), CompressionLevel.allowedLevels.contains(number), number != 0 else { return nil }
        zstdLevel = number
    }
}

extension CompressionLevel: CustomStringConvertible {
    /// What ``init(parsing:)`` takes.
    package var description: String {
        if let named = CompressionLevel.names.first(where: { $0.1 == self }) { return named.0 }
        return zstdLevel.map { "\($0)" } ?? "off"
    }
}
