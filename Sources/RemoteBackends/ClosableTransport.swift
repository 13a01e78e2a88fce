import Backends
import Primitives
import Transfers

/// A transport that counts and can be ended.
protocol ClosableTransport: HTTPTransport {
    var counts: TransferCounts { get }
    /// Why nothing can be sent any more; `nil` while it can.
    var end: VarveError? { get }
    func close()
}

extension HTTPClient: ClosableTransport {
    var end: VarveError? { nil }
}

extension Traffic {
    init(_ counts: TransferCounts) {
        self.init()
        for (purpose, count) in counts.attempts {
            requests[Operation(rawValue: purpose.rawValue) ?? .other, default: 0] += count
        }
        sentBytes = counts.sentBytes
        receivedBytes = counts.receivedBytes
    }
}
