import Primitives

/// Patterns asked name by name, as a walk comes to them: no name is looked at twice.
extension ExcludePatterns {
    /// How far the patterns have come with the names of a path.
    ///
    /// Where two paths have come equally far, the patterns say the same of all that lies below them.
    package struct Progress: Hashable, Sendable {
        /// For each pattern in turn, for each of its components and its end: whether the names up to here may stand before it.
        fileprivate var reached: [Bool]
    }

    /// The progress at the root.
    package var start: Progress {
        var reached: [Bool] = []
        for pattern in patterns { reached += [true] + [Bool](repeating: false, count: pattern.components.count) }
        return Progress(reached: closed(reached))
    }

    /// The progress one name further down.
    package func advance(_ progress: Progress, by name: [UInt8]) -> Progress {
        let name = ignoresCase ? lowercased(name[...]) : name[...]
        var reached = [Bool](repeating: false, count: progress.reached.count)
        var first = 0
        for pattern in patterns {
            let end = first + pattern.components.count
            for (place, component) in zip(first..., pattern.components) where progress.reached[place] {
                if component == .anyNames {
                    reached[place] = true
                } else if component.matches(name) {
                    reached[place + 1] = true
                }
            }
            // What matches a folder matches all below it, and a pattern without root may begin anywhere.
            if progress.reached[end] { reached[end] = true }
            if !pattern.isRooted { reached[first] = true }
            first = end + 1
        }
        return Progress(reached: closed(reached))
    }

    /// Lets every `**` stand for no names.
    private func closed(_ reached: [Bool]) -> [Bool] {
        var reached = reached
        var first = 0
        for pattern in patterns {
            for (place, component) in zip(first..., pattern.components) where component == .anyNames && reached[place] {
                reached[place + 1] = true
            }
            first += pattern.components.count + 1
        }
        return reached
    }

    /// As ``selects(_:)`` says of the path.
    package func selects(_ progress: Progress) -> Bool {
        var chosen = false
        var first = 0
        for pattern in patterns {
            let end = first + pattern.components.count
            if pattern.isNegated == chosen, progress.reached[end] { chosen.toggle() }
            first = end + 1
        }
        return chosen
    }

    /// As ``couldMatchBelow(_:)`` says of the path.
    package func couldMatchBelow(_ progress: Progress) -> Bool {
        var could = false
        var first = 0
        for pattern in patterns {
            let end = first + pattern.components.count
            if pattern.isNegated {
                could = could && !progress.reached[end]
            } else {
                could = could || progress.reached[first...end].contains(true)
            }
            first = end + 1
        }
        return could
    }
}
