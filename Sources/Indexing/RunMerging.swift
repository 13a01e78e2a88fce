/// Which runs become one, so that a look-up has few places to go to and a chunk is seldom written anew.
enum RunMerging {
    /// More runs than this are merged.
    static let limit = 6

    /// Chooses among runs, known by how many chunks each has; none where there are few.
    ///
    /// The smallest are taken, as many as must be, and larger ones as long as each is at most twice those before it
    /// together. So what is left grows by leaps: a chunk is written 3 times in a session of 100 runs, 5 times in one of
    /// 1,000.
    static func choice(among chunkCounts: [Int]) -> [Int] {
        guard chunkCounts.count > limit else { return [] }
        let least = chunkCounts.count - limit + 1
        var chosen: [Int] = []
        var sum = 0
        for number in chunkCounts.indices.sorted(by: { chunkCounts[$0] < chunkCounts[$1] }) {
            if chosen.count >= least, chunkCounts[number] > 2 * sum { break }
            chosen.append(number)
            sum += chunkCounts[number]
        }
        return chosen.sorted()
    }
}
