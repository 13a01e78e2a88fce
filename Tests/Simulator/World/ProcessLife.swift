/// What all handles of a process share: when it dies at one place, it is dead at the others.
final class ProcessLife: @unchecked Sendable {
    // Unchecked: one thread runs at a time.
    let process: Int
    private(set) var isOver = false

    init(_ process: Int) { self.process = process }

    func end() { isOver = true }
}
