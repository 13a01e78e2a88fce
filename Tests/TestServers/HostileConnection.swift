import FileIO
import Glibc
import Threads

/// One connection of a ``HostileServer``: reads requests and carries out reactions. Used by one thread.
final class HostileConnection {
    private let number: Int
    private let file: OpenFile
    private let visitors: HostileVisitors
    private let conduct: HostileConduct
    /// What was read beyond the headers of a request.
    private var ahead: [UInt8] = []
    private var block = [UInt8](repeating: 0, count: 1 << 18)

    init(_ number: Int, _ file: OpenFile, _ visitors: HostileVisitors, _ conduct: HostileConduct) {
        self.number = number
        self.file = file
        self.visitors = visitors
        self.conduct = conduct
    }

    /// Until the client is gone, or a reaction ends the connection.
    func serve() {
        var count = 0
        while let head = readHead() {
            let parsed = ReceivedRequest(head: head, connection: number, numberOnConnection: count)
            guard var request = parsed else { return }
            count += 1
            let place: Int = visitors.state.withLock { state in
                request.number = state.requests.count
                state.requests.append(request)
                return request.number
            }
            guard handleBody(of: &request) else { return }
            visitors.state.withLock { $0.requests[place] = request }
            guard carryOut(conduct.answer(request), for: request) else { return }
            if request.header("connection")?.lowercased() == "close" { return }
        }
    }

    // MARK: Receiving

    private func readHead() -> [UInt8]? {
        let end = Array("\r\n\r\n".utf8)
        var searched = 0
        while true {
            if ahead.count >= end.count {
                for position in searched...(ahead.count - end.count)
                where ahead[position..<position + end.count].elementsEqual(end) {
                    let head = Array(ahead[..<position])
                    ahead.removeFirst(position + end.count)
                    return head
                }
                searched = ahead.count - end.count + 1
            }
            let count = receive()
            guard count > 0, ahead.count < 1 << 20 else { return nil }
            ahead += block[..<count]
        }
    }

    private func receive(atMost limit: Int = .max) -> Int {
        let wanted = min(limit, block.count)
        while true {
            let count = block.withUnsafeMutableBytes { recv(file.descriptor, $0.baseAddress, wanted, 0) }
            if count >= 0 || errno != EINTR { return count }
        }
    }

    /// Gives whether the request may be answered.
    private func handleBody(of request: inout ReceivedRequest) -> Bool {
        var bytesPerSecond: Int?
        switch conduct.beforeBody(request) {
        case .read: if request.expectsContinue, !sendContinue() { return false }
        case .readWithoutContinue: break
        case .readAfterContinues(let count): for _ in 0..<count where !sendContinue() { return false }
        case .readSlowly(let speed):
            bytesPerSecond = speed
            if request.expectsContinue, !sendContinue() { return false }
        case .ignore(let reaction):
            _ = carryOut(reaction, for: request)
            return false
        }
        return readBody(of: &request, bytesPerSecond)
    }

    private func sendContinue() -> Bool { send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }

    private func readBody(of request: inout ReceivedRequest, _ bytesPerSecond: Int?) -> Bool {
        var left = request.declaredLength
        func note(_ piece: ArraySlice<UInt8>, _ request: inout ReceivedRequest) {
            left -= piece.count
            if conduct.keepsBodies { request.body += piece }
            visitors.state.withLock { $0.receivedBytes += UInt64(piece.count) }
        }
        if conduct.keepsBodies { request.body.reserveCapacity(left) }
        let early = min(left, ahead.count)
        note(ahead[..<early], &request)
        ahead.removeFirst(early)
        while left > 0 {
            let count = receive(atMost: min(left, bytesPerSecond.map { max(1, $0 / 10) } ?? left))
            guard count > 0 else { return false }
            note(block[..<count], &request)
            if bytesPerSecond != nil, !pause(0.1) { return false }
        }
        return true
    }

    // MARK: Reacting

    /// Gives whether the connection goes on.
    private func carryOut(_ reaction: Reaction, for request: ReceivedRequest) -> Bool {
        for step in reaction.steps {
            switch step {
            case .send(let bytes): if !send(bytes) { return false }
            case .sendBody(let bytes): if request.method != "HEAD", !send(bytes) { return false }
            case .sendSlowly(let bytes, let speed): if !sendSlowly(bytes, speed) { return false }
            case .sendForEver(let bytes): while send(bytes) {}
            case .pause(let seconds): if !pause(seconds) { return false }
            case .stall:
                _ = pause(.infinity)
                return false
            case .endSending: shutdown(file.descriptor, Int32(SHUT_WR))
            case .close: return false
            case .reset:
                var linger = linger(l_onoff: 1, l_linger: 0)
                setsockopt(file.descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
                return false
            }
        }
        return true
    }

    private func send(_ bytes: [UInt8]) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    file.descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done,
                    Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    private func sendSlowly(_ bytes: [UInt8], _ bytesPerSecond: Int) -> Bool {
        let step = max(1, bytesPerSecond / 20)
        var position = 0
        while position < bytes.count {
            let end = min(position + step, bytes.count)
            guard send(Array(bytes[position..<end])) else { return false }
            position = end
            guard pause(Double(step) / Double(bytesPerSecond)) else { return false }
        }
        return true
    }

    /// Waits; gives whether the client is still there.
    private func pause(_ seconds: Double) -> Bool {
        var request = pollfd(fd: file.descriptor, events: Int16(0x2000 /* POLLRDHUP */), revents: 0)
        let milliseconds = seconds < 2e6 ? Int32(seconds * 1000) : -1
        return poll(&request, 1, milliseconds) <= 0
    }
}
