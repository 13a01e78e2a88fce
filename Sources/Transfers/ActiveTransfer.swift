import CCurl

/// One request under way: what libcurl's callbacks need, and when it is too slow. Used by one thread.
final class ActiveTransfer {
    let number: Int
    let pending: PendingRequest
    let address: RequestAddress
    let easy: EasyHandle
    let headerLines = HeaderLines()
    /// Whether the server was asked to answer before the body is sent.
    let asksBeforeBody: Bool
    private let limits: RateLimits
    private let now: () -> Double
    private var body: BodyReader
    private(set) var collector: ResponseCollector
    /// Why a callback ended the transfer.
    private(set) var failure: TransferFailure?
    /// Of bodies; more than their length where a part went twice.
    private(set) var sentBytes: UInt64 = 0
    var receivedBytes: UInt64 { UInt64(collector.body.count) }

    /// The start, moved on by the time spent waiting for a rate limit.
    private var start: Double
    private var lastProgress: Double
    /// Since when it waits for a rate limit.
    private var throttledSince: Double?
    private var isSendPaused = false
    private var isReceivePaused = false

    init(
        _ number: Int, _ pending: PendingRequest, _ address: RequestAddress, on easy: EasyHandle, asksBeforeBody: Bool,
        limits: RateLimits, now: @escaping () -> Double
    ) {
        self.number = number
        self.pending = pending
        self.address = address
        self.easy = easy
        self.asksBeforeBody = asksBeforeBody
        self.limits = limits
        self.now = now
        body = BodyReader(pending.request.body)
        collector = ResponseCollector(bodyLimit: pending.request.responseLimit)
        start = now()
        lastProgress = start
    }

    var isWhollySent: Bool { body.remaining == 0 }

    // MARK: What libcurl asks

    /// Gives bytes of the request's body: their number, or one of libcurl's codes.
    func provide(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        let wanted = Int(min(UInt64(buffer.count), body.remaining))
        guard wanted > 0 else { return 0 }
        let granted = limits.upload.request(upTo: wanted, by: number, at: now())
        guard granted > 0 else {
            isSendPaused = true
            return pause(Int(CURL_READFUNC_PAUSE))
        }
        do throws(TransferFailure) {
            let count = try body.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<granted]))
            sentBytes += UInt64(count)
            noteProgress()
            return count
        } catch {
            failure = error
            return Int(CURL_READFUNC_ABORT)
        }
    }

    func rewind(to position: UInt64) -> Bool { body.seek(to: position) }

    /// Takes a piece of the response's body: all of it, or one of libcurl's codes.
    func accept(bodyPiece piece: UnsafeRawBufferPointer) -> Int {
        guard limits.download.requestWhole(piece.count, by: number, at: now()) else {
            isReceivePaused = true
            return pause(Int(CURL_WRITEFUNC_PAUSE))
        }
        return accept(piece) { collector, piece throws(TransferFailure) in try collector.add(bodyPiece: piece) }
    }

    func accept(headerLine line: UnsafeRawBufferPointer) -> Int {
        accept(line) { collector, line throws(TransferFailure) in try collector.add(headerLine: line) }
    }

    private func accept(
        _ bytes: UnsafeRawBufferPointer,
        _ add: (inout ResponseCollector, UnsafeRawBufferPointer) throws(TransferFailure) -> Void
    ) -> Int {
        do throws(TransferFailure) {
            try add(&collector, bytes)
            noteProgress()
            return bytes.count
        } catch {
            failure = TransferFailure(error.cause, "\(address.text): \(error.problem)")
            // Any number but that of the bytes ends the transfer.
            return bytes.isEmpty ? 1 : 0
        }
    }

    // MARK: Rate limits

    private func pause(_ code: Int) -> Int {
        if throttledSince == nil { throttledSince = now() }
        return code
    }

    func resumeSending() {
        isSendPaused = false
        resume()
    }

    func resumeReceiving() {
        isReceivePaused = false
        resume()
    }

    private func resume() {
        if let since = throttledSince {
            start += now() - since
            throttledSince = nil
            lastProgress = now()
        }
        // The pause of a direction that is not named ends.
        curl_easy_pause(easy.pointer, (isSendPaused ? CURLPAUSE_SEND : 0) | (isReceivePaused ? CURLPAUSE_RECV : 0))
    }

    // MARK: Time

    private func noteProgress() { lastProgress = now() }

    /// Why the transfer is to end now for being slow; `nil` where it is not.
    func lateness(_ options: HTTPClientOptions) -> TransferFailure? {
        guard throttledSince == nil else { return nil }
        let now = now()
        if now - lastProgress > options.stallTimeout {
            return TransferFailure(
                .timedOut, "\(address.text): nothing came or went for \(Int(options.stallTimeout)) s")
        }
        let grace = Double(sentBytes + receivedBytes) / HTTPClientOptions.leastSpeed
        if now - start > options.attemptTimeout + grace {
            return TransferFailure(.timedOut, "\(address.text): no answer in \(Int(now - start)) s")
        }
        return nil
    }
}
