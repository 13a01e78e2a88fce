import Primitives
import Repositories

/// Tells from what is seen in `locks/` which of some sessions are over, which are dead, and which are to be waited for.
///
/// A session is judged dead by the monotonic clock of whoever watches: no clock of another machine is trusted.
package struct DrainWatch: Sendable {
    /// What is waited for.
    package enum Goal: Sendable {
        /// That all are over: packs are going that they may use.
        case allOver
        /// That each is over or has shown that it lives: nothing is going, but what dead ones left could.
        case deadOnesKnown
    }

    /// What was seen in `locks/` at one moment.
    package struct Sight: Hashable, Sendable {
        /// The names of all objects.
        package var names: Set<Digest>
        /// The heartbeats of each anchor.
        package var heartbeats: [Digest: Set<Digest>]

        package init(names: Set<Digest>, heartbeats: [Digest: Set<Digest>]) {
            self.names = names
            self.heartbeats = heartbeats
        }
    }

    package struct Verdict: Hashable, Sendable {
        /// To be waited for.
        package var waiting: [IndexRecord.AnchorName] = []
        /// No sign of life for too long.
        package var stale: [IndexRecord.AnchorName] = []

        package init() {}
    }

    private struct Watched {
        let anchor: IndexRecord.AnchorName
        var heartbeats: Set<Digest>?
        var lastChange: Double
        var isKnownToLive = false
    }

    private let goal: Goal
    private let staleAfter: Double
    private var watched: [Watched]

    /// - Parameters:
    ///   - staleAfter: seconds without a change of heartbeats after which a session is judged dead.
    ///   - now: seconds of the monotonic clock.
    package init(_ anchors: some Collection<IndexRecord.AnchorName>, goal: Goal, staleAfter: Double, now: Double) {
        self.goal = goal
        self.staleAfter = staleAfter
        watched = anchors.map { Watched(anchor: $0, lastChange: now) }
    }

    /// Takes in what is seen at `now`. An anchor that is gone stays gone.
    package mutating func observe(_ sight: Sight, at now: Double) -> Verdict {
        watched.removeAll { !sight.names.contains($0.anchor.name) }
        var verdict = Verdict()
        for index in watched.indices {
            let heartbeats = sight.heartbeats[watched[index].anchor.name] ?? []
            if let before = watched[index].heartbeats, before != heartbeats {
                watched[index].lastChange = now
                watched[index].isKnownToLive = true
            }
            watched[index].heartbeats = heartbeats
            if now - watched[index].lastChange >= staleAfter {
                verdict.stale.append(watched[index].anchor)
            } else if goal == .allOver || !watched[index].isKnownToLive {
                verdict.waiting.append(watched[index].anchor)
            }
        }
        return verdict
    }
}
