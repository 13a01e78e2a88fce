import CCurl

/// Carries out the requests of a mailbox until it is closed. Lives on one thread.
final class TransferLoop {
    private let options: HTTPClientOptions
    private let mailbox: Mailbox
    private let multi: MultiHandle
    private let now: () -> Double
    private let limits: RateLimits
    /// By their numbers.
    private var running: [Int: ActiveTransfer] = [:]
    private var numbers: [UnsafeMutableRawPointer: Int] = [:]
    private var nextNumber = 0
    private var idleHandles: [EasyHandle] = []
    /// Whether large bodies are announced: until a server is found that does not know of it.
    private var announcesBodies = true
    /// Seconds between two looks for transfers that are too slow, and when the next is due.
    private let checkInterval: Double
    private var nextCheck: Double

    init(_ options: HTTPClientOptions, _ mailbox: Mailbox, _ multi: MultiHandle, now: @escaping () -> Double) {
        self.options = options
        self.mailbox = mailbox
        self.multi = multi
        self.now = now
        limits = RateLimits(options, at: now())
        checkInterval = min(1, options.stallTimeout / 4)
        nextCheck = now() + checkInterval
        multi.set(CURLMOPT_MAXCONNECTS, options.connections)
    }

    func run() {
        while true {
            let orders = mailbox.take(room: options.connections - running.count)
            if orders.isClosed || orders.isAborted { endAll() }
            if orders.isClosed {
                for pending in orders.requests { pending.finish(.failure(.ended)) }
                return
            }
            let before = nextNumber
            for pending in orders.requests { start(pending) }
            resumeNext()
            multi.perform()
            finishEnded(since: before)
            // A place that became free is filled before anything is waited for.
            if running.count < options.connections, mailbox.hasWaiting { continue }
            multi.wait(seconds: pauseLength())
            endLate()
        }
    }

    // MARK: Begin and end

    private func start(_ pending: PendingRequest) {
        nextNumber += 1
        do throws(TransferFailure) {
            let address = try RequestAddress(pending.request.url)
            guard let easy = idleHandles.popLast() ?? EasyHandle() else {
                throw TransferFailure(.other, "libcurl gives no handle")
            }
            let transfer = ActiveTransfer(
                nextNumber, pending, address, on: easy,
                asksBeforeBody: announcesBodies && pending.request.body.count > ActiveTransfer.announcedSize,
                limits: limits, now: now)
            try transfer.configure(options, limits: limits)
            guard curl_multi_add_handle(multi.pointer, easy.pointer) == CURLM_OK else {
                throw TransferFailure(.other, "libcurl does not take the request")
            }
            running[transfer.number] = transfer
            numbers[easy.pointer] = transfer.number
        } catch {
            pending.finish(.failure(error))
        }
    }

    /// - Parameter newest: the number of the last transfer that was there before the last step.
    private func finishEnded(since newest: Int) {
        while let (easy, code) = multi.nextEnded() {
            guard let number = numbers[easy], let transfer = running[number] else { continue }
            let result = outcome(of: transfer, code)
            // A transfer that began in the same step may have its connection already.
            let others = nextNumber - newest - (number > newest ? 1 : 0)
            if others == 0 { transfer.easy.distrustLeftovers() }
            end(transfer, result)
        }
    }

    private func outcome(of transfer: ActiveTransfer, _ code: CURLcode) -> Result<HTTPResponse, TransferFailure> {
        if let failure = transfer.failure { return .failure(failure) }
        guard code == CURLE_OK else {
            if code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR, let refusal = transfer.collector.refusal {
                return .success(refusal)
            }
            return .failure(.of(code, transfer.easy, transfer.address))
        }
        guard transfer.collector.isHeadWhole else {
            return .failure(
                TransferFailure(.brokenOff, "\(transfer.address.text) broke off the connection within its response"))
        }
        let response = transfer.collector.response(status: transfer.easy.long(CURLINFO_RESPONSE_CODE))
        if transfer.asksBeforeBody, transfer.isWhollySent, response.status < 300, !transfer.collector.sawContinue {
            announcesBodies = false
        }
        return .success(response)
    }

    /// Takes the transfer out, with its connection if it is not through, and lets the sender go on.
    private func end(_ transfer: ActiveTransfer, _ result: Result<HTTPResponse, TransferFailure>) {
        curl_multi_remove_handle(multi.pointer, transfer.easy.pointer)
        running[transfer.number] = nil
        numbers[transfer.easy.pointer] = nil
        limits.upload.remove(transfer.number)
        limits.download.remove(transfer.number)
        // A handle must not point to header lines and a transfer that are gone, nor tell of an old failure.
        transfer.easy.reset()
        if case .success = result { idleHandles.append(transfer.easy) }
        mailbox.count(sent: transfer.sentBytes, received: transfer.receivedBytes)
        transfer.pending.finish(result)
    }

    private func endAll() {
        for transfer in Array(running.values) { end(transfer, .failure(.ended)) }
    }

    // MARK: Time

    /// Lets one transfer go on that waited for a limit. One at a time: otherwise the first to be asked takes all.
    private func resumeNext() {
        if let number = limits.upload.next(at: now()) { running[number]?.resumeSending() }
        if let number = limits.download.next(at: now()) { running[number]?.resumeReceiving() }
    }

    /// Seconds until something is to be done that no socket tells of.
    private func pauseLength() -> Double {
        guard !running.isEmpty else { return 60 }
        let now = now()
        return min(nextCheck - now, limits.upload.delay(at: now) ?? 1, limits.download.delay(at: now) ?? 1)
    }

    private func endLate() {
        let now = now()
        guard now >= nextCheck else { return }
        nextCheck = now + checkInterval
        for transfer in Array(running.values) {
            if let failure = transfer.lateness(options) { end(transfer, .failure(failure)) }
        }
    }
}
