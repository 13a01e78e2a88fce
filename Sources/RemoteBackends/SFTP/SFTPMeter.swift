import Backends
import Primitives
import Threads
import Transfers

/// Counts what goes over all connections, and holds it to the limits.
final class SFTPMeter: Sendable {
    private struct State {
        var traffic = Traffic()
        var upload: TokenBucket?
        var download: TokenBucket?
    }

    private let state: Locked<State>
    private let uploadLimit: UInt64?
    private let downloadLimit: UInt64?
    private let clock: any Clock
    private let cancellation: Cancellation

    init(_ options: SFTPOptions) {
        clock = options.clock
        cancellation = options.cancellation
        uploadLimit = options.uploadLimit
        downloadLimit = options.downloadLimit
        let now = options.clock.monotonicSeconds()
        var state = State()
        if let rate = options.uploadLimit, rate > 0 { state.upload = TokenBucket(rate: rate, at: now) }
        if let rate = options.downloadLimit, rate > 0 { state.download = TokenBucket(rate: rate, at: now) }
        self.state = Locked(state)
    }

    var traffic: Traffic { state.withLock { $0.traffic } }

    /// An operation begins, or is tried again.
    func begin(_ operation: Traffic.Operation) {
        state.withLock { $0.traffic.requests[operation, default: 0] += 1 }
    }

    /// The size of requests, in bytes, where the server takes as many as `limit`: under a limit of speed what a hundredth of
    /// a second brings, since each goes as a whole.
    func writeSize(_ limit: Int) -> Int { SFTPMeter.requestSize(limit, uploadLimit) }
    func readSize(_ limit: Int) -> Int { SFTPMeter.requestSize(limit, downloadLimit) }

    private static func requestSize(_ limit: Int, _ rate: UInt64?) -> Int {
        guard let rate, rate > 0 else { return limit }
        return min(limit, max(Int(clamping: rate / 100), 4096))
    }

    /// Waits until so many bytes may be sent. After a cancellation there is no wait.
    func willSend(_ count: Int) { wait { $0.upload?.delay(forWhole: count, at: $1) } }

    func didSend(_ count: Int) { state.withLock { $0.traffic.sentBytes += UInt64(count) } }

    /// Waits until so many bytes may be asked for.
    func willReceive(_ count: Int) { wait { $0.download?.delay(forWhole: count, at: $1) } }

    func didReceive(_ count: Int) { state.withLock { $0.traffic.receivedBytes += UInt64(count) } }

    /// - Parameter delay: takes the bytes, or tells the seconds until that may be tried again.
    private func wait(_ delay: (inout State, _ now: Double) -> Double?) {
        while true {
            let seconds = state.withLock { delay(&$0, clock.monotonicSeconds()) }
            guard let seconds, !cancellation.isCancelled else { return }
            cancellation.wait(atMost: max(seconds, 0.001))
        }
    }
}

extension TokenBucket {
    /// `nil` where the bytes were taken, else the seconds until they may be asked for again.
    fileprivate mutating func delay(forWhole count: Int, at now: Double) -> Double? {
        takeWhole(count, at: now) ? nil : delay(at: now)
    }
}
