/// What was asked of a storage over the network, and how much went over it.
package struct Traffic: Hashable, Sendable {
    /// A kind of request, as those who pay for them count.
    package enum Operation: String, Sendable, CaseIterable {
        case read, write, list, delete, other
    }

    /// Attempts, the failed ones included, by what they asked for.
    package var requests: [Operation: Int] = [:]
    /// Bytes of bodies.
    package var sentBytes: UInt64 = 0
    package var receivedBytes: UInt64 = 0

    package init() {}

    package var totalRequests: Int { requests.values.reduce(0, +) }

    package static func + (a: Traffic, b: Traffic) -> Traffic {
        var sum = a
        sum.requests.merge(b.requests, uniquingKeysWith: +)
        sum.sentBytes += b.sentBytes
        sum.receivedBytes += b.receivedBytes
        return sum
    }

    /// What was added since `earlier`, a state of the same counts.
    package static func - (later: Traffic, earlier: Traffic) -> Traffic {
        var rest = later
        for (operation, count) in earlier.requests { rest.requests[operation, default: 0] -= count }
        rest.sentBytes -= min(rest.sentBytes, earlier.sentBytes)
        rest.receivedBytes -= min(rest.receivedBytes, earlier.receivedBytes)
        return rest
    }
}
