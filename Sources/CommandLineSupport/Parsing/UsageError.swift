/// The command line makes no sense as given.
package struct UsageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong with what, in one clause without a full stop.
    package let problem: String
    /// What to do about it.
    package let advice: String

    package init(_ problem: String, advice: String) {
        self.problem = problem
        self.advice = advice
    }

    package var description: String { "\(problem); \(advice)" }
}

/// The known name that somebody may have meant.
enum NearestName {
    /// The candidate that begins with `word` or differs from it in about a third of its letters at most.
    static func of(_ word: String, among candidates: [String]) -> String? {
        let limit = max(1, word.count / 3)
        let ranked = candidates.map { candidate in
            let distance = self.distance(Array(word), Array(candidate))
            return (name: candidate, distance: candidate.hasPrefix(word) ? min(1, distance) : distance)
        }
        guard let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= limit else { return nil }
        return best.name
    }

    /// Letters to insert, remove, replace or swap with their neighbour (the optimal string alignment distance).
    static func distance(_ first: [Character], _ second: [Character]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...second.count)
        for row in 0..<first.count {
            var current = [row + 1]
            for column in 0..<second.count {
                let replaced = last[column] + (first[row] == second[column] ? 0 : 1)
                var best = min(replaced, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            (beforeLast, last) = (last, current)
        }
        return last[second.count]
    }
}
