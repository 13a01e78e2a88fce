/// What a request is for, as those who pay for requests count them.
package enum RequestPurpose: String, Sendable, CaseIterable {
    case read, write, list, delete, other
}

/// What went over the network so far.
package struct TransferCounts: Hashable, Sendable {
    /// Attempts, the failed ones included.
    package var attempts: [RequestPurpose: Int] = [:]
    /// Bytes of bodies, those of failed attempts included.
    package var sentBytes: UInt64 = 0
    package var receivedBytes: UInt64 = 0

    package init() {}
}
