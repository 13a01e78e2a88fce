import Packing
import Primitives

/// Finds out what stood in the place of new chunks in the parent's list of the same content.
///
/// It goes through both lists in step. A known chunk that the parent has near the place that was reached is a *neighbour*; new chunks
/// between two neighbours get the parent's chunks between the same neighbours. Where no neighbour shows, the lists are taken to go
/// on in step by bytes. A value without input or output: equal calls give equal results.
struct BaseSelector {
    /// A chunk of the content.
    struct Chunk {
        let entry: ChunkEntry
        let isNew: Bool
    }

    /// New chunks that get their bases together.
    struct Piece: Equatable {
        /// Which of the chunks that were given.
        var chunks: [Int] = []
        /// The parent's chunks that stood there, in order.
        var bases: [ChunkEntry] = []
    }

    /// The next chunk of the parent's list; `nil` at its end.
    typealias ReadParent = () throws(VarveError) -> ChunkEntry?

    /// How many chunks of the parent's list are held.
    struct Reach {
        /// Behind the position.
        let behind: UInt64
        /// Ahead of it, as long as what is known is found there.
        let near: UInt64
        /// Ahead of it at most.
        let far: UInt64

        /// 5 MiB of memory at most.
        static let standard = Reach(behind: 16_384, near: 4096, far: 49_152)
        /// An eighth of that, for many contents at once.
        static let short = Reach(behind: 2048, near: 2048, far: 6144)
    }

    /// Known chunks not found after which the parent is read further.
    private static let missesPerReach = 16
    /// Bytes without a neighbour after which nothing is chosen until the next one, unless it is said to pay.
    static let patience: UInt64 = 64 << 20

    /// Bytes of new chunks that get their bases together, unless one chunk has more.
    private let pieceTarget: UInt64
    private let limits: Reach
    private(set) var window = ParentWindow()
    private var isComplete = false
    private var reach: UInt64
    private var misses = 0
    private var lastMissed: ChunkID?

    /// Where the parent goes on behind the last neighbour.
    private var position: UInt64 = 0
    /// Whether what is behind the last neighbour is still held: not after it was passed over in search of the next.
    private var knowsPosition = true
    /// Bytes of the content since the last neighbour, without those that are being looked at.
    private var openBytes: UInt64 = 0
    /// Chunks since the last neighbour.
    private var openChunks: UInt64 = 0
    /// Bytes since the last neighbour, or since bases were last said to pay.
    private var doubtfulBytes: UInt64 = 0
    /// The place in the parent that lies about ``openBytes`` behind the last neighbour, and how many bytes there are before it.
    private var step: (place: UInt64, bytes: UInt64) = (0, 0)
    /// A place that only one chunk spoke for, and how many chunks came since.
    private var suspect: (place: UInt64, id: ChunkID, age: UInt64)?

    /// - Parameter pieceTarget: bytes of new chunks that get their bases together.
    init(pieceTarget: Int, reach limits: Reach = .standard) {
        self.pieceTarget = UInt64(pieceTarget)
        self.limits = limits
        reach = limits.near
    }

    /// How far the parent has been gone through.
    var reached: UInt64 { max(position, step.place) }

    /// How far bases reach beyond what they are for, since the lists are seldom in step to the byte.
    private var slack: UInt64 { pieceTarget / 2 }

    /// Takes the next chunks of the content and says what stood in the place of those that are new.
    ///
    /// - Parameter isEnd: whether the content ends with them.
    mutating func choose(_ chunks: [Chunk], isEnd: Bool, _ read: ReadParent) throws(VarveError) -> [Piece] {
        try fill(read)
        var pieces: [Piece] = []
        var open = 0
        for number in chunks.indices {
            suspect?.age += 1
            openChunks += 1
            guard !chunks[number].isNew, let place = try neighbour(number, in: chunks, read) else { continue }
            pieces += self.pieces(of: open..<number, in: chunks, upTo: place)
            anchor(at: place + 1)
            open = number + 1
            try fill(read)
        }
        let end = isEnd && isComplete ? window.range.upperBound : nil
        pieces += self.pieces(of: open..<chunks.count, in: chunks, upTo: end)
        let rest = bytes(of: chunks[open...])
        openBytes += rest
        doubtfulBytes += rest
        moveOnInStep()
        return pieces
    }

    /// Says that bases chosen since the last neighbour turned out to be good: the lists are in step though no chunk is left as it was.
    mutating func confirmStep() { doubtfulBytes = 0 }

    /// Lets go of the last neighbour before the parent's place in step with it lies further ahead than what is held.
    private mutating func moveOnInStep() {
        guard step.place >= position + limits.near / 2 else { return }
        position = step.place
        openBytes -= min(openBytes, step.bytes)
        step.bytes = 0
    }

    // MARK: Neighbours

    /// The parent's place of a known chunk, where it is a neighbour.
    private mutating func neighbour(
        _ number: Int, in chunks: [Chunk], _ read: ReadParent
    ) throws(VarveError) -> UInt64? {
        let id = chunks[number].entry.id
        var found = window.place(of: id, near: position)
        if found == nil { found = try lookFurther(for: id, read) }
        guard let place = found else { return nil }
        if place >= position, knowsPosition, place - position <= nearLimit { return place }
        if isConfirmed(place, by: chunks[(number + 1)...], after: id) { return place }
        if let suspect, suspect.id != id, place > suspect.place, place - suspect.place <= 2 * suspect.age + 8 {
            return place
        }
        suspect = (place, id, 0)
        return nil
    }

    /// How many chunks of the parent may be passed over at the word of one chunk: few more than came in their place. A chunk that occurs
    /// in many places, such as one of zeros, must not lead far away.
    private var nearLimit: UInt64 { 32 + 4 * openChunks }

    /// Whether one of the next known chunks stands in the parent not far behind `place`.
    private func isConfirmed(_ place: UInt64, by chunks: ArraySlice<Chunk>, after id: ChunkID) -> Bool {
        var looks = 4
        for (distance, chunk) in chunks.enumerated() where !chunk.isNew && chunk.entry.id != id {
            let places = Range(place + 1...place + 2 * UInt64(distance) + 8).clamped(to: window.range)
            if places.contains(where: { window[$0].id == chunk.entry.id }) { return true }
            looks -= 1
            if looks == 0 { break }
        }
        return false
    }

    /// Reads on in the parent when one known chunk after the other is not found: much may be gone from the content.
    private mutating func lookFurther(for id: ChunkID, _ read: ReadParent) throws(VarveError) -> UInt64? {
        // A chunk that comes again and again says no more than once.
        guard !isComplete, id != lastMissed else { return nil }
        lastMissed = id
        misses += 1
        if reach < limits.far {
            guard misses % BaseSelector.missesPerReach == 0 else { return nil }
            reach = min(2 * reach, limits.far)
        } else {
            // No further ahead than that: goes on faster than the content does, until it finds itself again.
            position = min(position + 2, window.range.upperBound)
            knowsPosition = false
        }
        try fill(read)
        return window.place(of: id, near: position)
    }

    private mutating func anchor(at place: UInt64) {
        position = place
        knowsPosition = true
        openBytes = 0
        doubtfulBytes = 0
        openChunks = 0
        step = (place, 0)
        misses = 0
        reach = limits.near
        suspect = nil
    }

    private mutating func fill(_ read: ReadParent) throws(VarveError) {
        if position > limits.behind { window.drop(before: position - limits.behind) }
        while !isComplete, window.range.upperBound < position + reach {
            if let entry = try read() { window.append(entry) } else { isComplete = true }
        }
    }

    // MARK: Bases

    private func bytes(of chunks: ArraySlice<Chunk>) -> UInt64 { chunks.reduce(0) { $0 + UInt64($1.entry.length) } }

    private func bytes(at places: Range<UInt64>) -> UInt64 { places.reduce(0) { $0 + UInt64(window[$1].length) } }

    /// The new chunks in a range of `chunks`, which follow the last neighbour or what was open after it.
    ///
    /// - Parameter end: the place of the neighbour behind them; `nil` where it is not known.
    private mutating func pieces(
        of range: Range<Int>, in chunks: [Chunk], upTo end: UInt64?
    ) -> [Piece] {
        guard chunks[range].contains(where: \.isNew) else { return [] }
        let total = openBytes + bytes(of: chunks[range])
        var pieces: [Piece] = []
        var open = Piece()
        var start = openBytes
        var offset = openBytes
        for number in range {
            let length = UInt64(chunks[number].entry.length)
            if !open.chunks.isEmpty, offset - start + length > pieceTarget {
                open.bases = bases(start..<offset, of: total, upTo: end, isWhole: false)
                pieces.append(open)
                open = Piece()
            }
            if open.chunks.isEmpty { start = offset }
            offset += length
            if chunks[number].isNew { open.chunks.append(number) }
        }
        if !open.chunks.isEmpty {
            open.bases = bases(start..<offset, of: total, upTo: end, isWhole: openBytes == 0 && pieces.isEmpty)
            pieces.append(open)
        }
        return pieces
    }

    /// What stood in the place of a part of the chunks between two neighbours.
    ///
    /// - Parameters:
    ///   - part: where its bytes are, counted from the neighbour before.
    ///   - total: the bytes between the neighbours.
    ///   - isWhole: whether the part is all of them.
    private mutating func bases(
        _ part: Range<UInt64>, of total: UInt64, upTo end: UInt64?, isWhole: Bool
    ) -> [ChunkEntry] {
        let gap = end.flatMap { knowsPosition && position <= $0 ? position..<$0 : nil }
        if let gap, isWhole, bytes(at: gap) <= 4 * (total + slack) {
            return gap.map { window[$0] }
        }
        let first = stretch(from: part, upTo: gap?.upperBound ?? window.range.upperBound)
        guard let end else { return first.map { window[$0] } }
        let floor = gap?.lowerBound ?? window.range.lowerBound
        let last = stretch(back: total - part.upperBound..<total - part.lowerBound, from: end, downTo: floor)
        if first.isEmpty || last.isEmpty { return (first.isEmpty ? last : first).map { window[$0] } }
        if gap == nil || first.upperBound < last.lowerBound { return (Array(first) + last).map { window[$0] } }
        return (min(first.lowerBound, last.lowerBound)..<max(first.upperBound, last.upperBound)).map { window[$0] }
    }

    /// The places whose bytes, counted from the position, are in `part` or not far from it.
    private mutating func stretch(from part: Range<UInt64>, upTo end: UInt64) -> Range<UInt64> {
        guard knowsPosition, doubtfulBytes < BaseSelector.patience else { return end..<end }
        while step.place < end, step.bytes + UInt64(window[step.place].length) + slack <= part.lowerBound {
            step.bytes += UInt64(window[step.place].length)
            step.place += 1
        }
        var (upper, bytes) = step
        while upper < end, bytes < part.upperBound + slack {
            bytes += UInt64(window[upper].length)
            upper += 1
        }
        return step.place..<max(step.place, upper)
    }

    /// The places whose bytes, counted back from `end`, are in `part` or not far from it.
    private func stretch(back part: Range<UInt64>, from end: UInt64, downTo floor: UInt64) -> Range<UInt64> {
        var upper = end
        var bytes: UInt64 = 0
        while upper > floor, bytes + UInt64(window[upper - 1].length) + slack <= part.lowerBound {
            bytes += UInt64(window[upper - 1].length)
            upper -= 1
        }
        var lower = upper
        while lower > floor, bytes < part.upperBound + slack {
            bytes += UInt64(window[lower - 1].length)
            lower -= 1
        }
        return lower..<upper
    }
}
