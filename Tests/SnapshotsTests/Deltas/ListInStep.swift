import Packing
import Primitives
import SeededData

@testable import Snapshots

/// A content beside the list of its parent, and what is chosen for it.
struct ListInStep {
    var parent: [ChunkEntry]
    var content: [ChunkEntry]
    /// Chunks that are known though the parent does not have them.
    var elsewhere: Set<ChunkID> = []
    var reach = BaseSelector.Reach.standard
    var pieceTarget = 1 << 20
    /// Whether bases are said to be good from call to call.
    var isConfirmed = false

    struct Outcome: Equatable {
        /// By the number of the new chunk in the content.
        var bases: [Int: [ChunkEntry]] = [:]
        /// All bases of all pieces, one after the other.
        var chosenBytes: UInt64 = 0
        /// The most chunks of the parent that were held.
        var held = 0
        /// Chunks read of the parent.
        var read = 0
    }

    /// Chooses bases, some chunks at a time.
    func run(chunksAtOnce: Int = 40) throws -> Outcome {
        let known = Set(parent.map(\.id)).union(elsewhere)
        var selector = BaseSelector(pieceTarget: pieceTarget, reach: reach)
        var outcome = Outcome()
        var start = 0
        repeat {
            let end = min(start + chunksAtOnce, content.count)
            let chunks = content[start..<end].map { BaseSelector.Chunk(entry: $0, isNew: !known.contains($0.id)) }
            let pieces = try selector.choose(chunks, isEnd: end == content.count) { () throws(VarveError) in
                guard outcome.read < parent.count else { return nil }
                outcome.read += 1
                return parent[outcome.read - 1]
            }
            for piece in pieces {
                for number in piece.chunks { outcome.bases[start + number] = piece.bases }
                outcome.chosenBytes += piece.bases.reduce(0) { $0 + UInt64($1.length) }
            }
            outcome.held = max(outcome.held, selector.window.range.count)
            if isConfirmed { selector.confirmStep() }
            start = end
        } while start < content.count
        return outcome
    }

    /// What stands in the parent between the same chunks as each run of new ones in the content; the ends of both lists count as equal.
    ///
    /// Right only where no chunk comes twice and all that is left is in its old order.
    var expected: [Int: [ChunkEntry]] {
        let places = Dictionary(uniqueKeysWithValues: parent.enumerated().map { ($1.id, $0) })
        var bases: [Int: [ChunkEntry]] = [:]
        var before = 0
        var run: [Int] = []
        func close(upTo end: Int) {
            for number in run { bases[number] = Array(parent[before..<end]) }
            run = []
        }
        for (number, chunk) in content.enumerated() {
            guard let place = places[chunk.id] else {
                run.append(number)
                continue
            }
            close(upTo: place)
            before = place + 1
        }
        close(upTo: parent.count)
        return bases
    }
}

extension SeededRandom {
    mutating func chunk() -> ChunkEntry { ChunkEntry(id: digest(), length: UInt32(2048 + next() % 30_000)) }

    mutating func chunks(_ count: Int) -> [ChunkEntry] { (0..<count).map { _ in chunk() } }

    /// A copy in which some places got other chunks, more or fewer.
    mutating func edited(_ list: [ChunkEntry], every distance: UInt64) -> [ChunkEntry] {
        var content: [ChunkEntry] = []
        var place = 0
        while place < list.count {
            if next() % distance > 0 {
                content.append(list[place])
                place += 1
            } else {
                content += chunks(Int(next() % 4))
                place += Int(next() % 4)
            }
        }
        return content
    }
}
