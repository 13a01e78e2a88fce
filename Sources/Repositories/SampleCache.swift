import Primitives

/// Samples of bases: segments that follow each other in a stream look at nearly the same ones.
struct SampleCache {
    private var recent: [ChunkID: ContentSample] = [:]
    private var older: [ChunkID: ContentSample] = [:]
    private let limit: Int

    /// - Parameter limit: samples that are held at most, of half a kilobyte each where chunks have 32 KiB.
    init(limit: Int = 4096) { self.limit = limit }

    var count: Int { recent.count + older.count }

    /// The sample of a chunk, which counts as used.
    mutating func sample(of id: ChunkID) -> ContentSample? {
        if let sample = recent[id] { return sample }
        guard let sample = older.removeValue(forKey: id) else { return nil }
        keep(sample, of: id)
        return sample
    }

    /// Holds a sample until others as many as half of the limit were used after it, at least.
    mutating func keep(_ sample: ContentSample, of id: ChunkID) {
        if recent.count >= limit / 2 {
            older = recent
            recent = [:]
        }
        recent[id] = sample
        older[id] = nil
    }
}
