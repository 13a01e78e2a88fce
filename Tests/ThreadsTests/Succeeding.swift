import Testing

/// Runs `body` on a thread of its own, where nobody else would take note of an error.
func succeeding(_ body: () throws -> Void) {
    do { try body() } catch { Issue.record(error) }
}
