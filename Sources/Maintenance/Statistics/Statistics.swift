import Snapshots

/// How much snapshots hold, and what that takes in the repository.
package struct Statistics: Hashable, Sendable {
    /// Chunks, each counted once.
    package struct Amount: Hashable, Sendable {
        package var chunks: UInt64 = 0
        /// Plain bytes.
        package var bytes: UInt64 = 0
        /// The chunks' shares of the sealed bytes of their segments.
        package var storedBytes: UInt64 = 0

        package init(chunks: UInt64 = 0, bytes: UInt64 = 0, storedBytes: UInt64 = 0) {
            self.chunks = chunks
            self.bytes = bytes
            self.storedBytes = storedBytes
        }

        static func += (a: inout Amount, b: Amount) {
            a.chunks += b.chunks
            a.bytes += b.bytes
            a.storedBytes += b.storedBytes
        }

        static func -= (a: inout Amount, b: Amount) {
            a.chunks -= b.chunks
            a.bytes -= b.bytes
            a.storedBytes -= b.storedBytes
        }
    }

    /// What snapshots reach.
    package struct Content: Hashable, Sendable {
        /// Of files and streams.
        package var data = Amount()
        /// Tree and list nodes.
        package var metadata = Amount()

        /// Those of ``data`` that are stored as deltas.
        package var deltas = Amount()

        package init() {}

        package var storedBytes: UInt64 { data.storedBytes + metadata.storedBytes }

        /// What ``deltas`` would take more if they were stored whole, reckoned by what the other chunks take.
        package var savedBytes: UInt64 {
            let (bytes, stored) = (data.bytes - deltas.bytes, data.storedBytes - deltas.storedBytes)
            guard bytes > 0 else { return 0 }
            let whole = (Double(deltas.bytes) * Double(stored) / Double(bytes)).rounded()
            return UInt64(max(0, whole - Double(deltas.storedBytes)))
        }
    }

    /// Snapshots that are counted together.
    package struct Group: Hashable, Sendable {
        package var snapshots = 0
        /// The sum over the snapshots.
        package var size = LogicalSize()
        /// What no other group reaches; empty where chunks were not counted.
        package var unique = Content()

        /// Bytes that other groups hold too, or that are there several times in this one.
        package var sharedBytes: UInt64 { size.bytes - min(size.bytes, unique.data.bytes) }
    }

    package var groups: [Group] = []
    /// What all of them reach; empty where chunks were not counted.
    package var content = Content()
    /// Data chunks that no pack in the index holds.
    package var missingChunks: UInt64 = 0
    package var packs = 0
    package var packBytes: UInt64 = 0
    /// Bytes of all objects of the repository, packs among them.
    package var repositoryBytes: UInt64 = 0

    /// The sum over all groups.
    package var size: LogicalSize { groups.reduce(into: LogicalSize()) { $0 += $1.size } }
    package var snapshots: Int { groups.reduce(0) { $0 + $1.snapshots } }
}
