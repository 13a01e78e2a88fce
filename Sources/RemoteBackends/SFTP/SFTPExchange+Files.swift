import Primitives
import Transfers

/// Whole contents of files, with many requests in flight so that the way to the server and back costs once.
extension SFTPExchange {
    /// The most bytes of one file's contents that are in flight. With the long requests of OpenSSH that is 16 of them, with
    /// the short ones of others the full 64.
    private static let bytesInFlight = 4 << 20
    private static let requestsInFlight = 64

    private static func window(_ requestSize: Int) -> Int {
        max(min(requestsInFlight, bytesInFlight / requestSize), 2)
    }

    /// Fills `buffer` with what the file holds from `offset` on; gives how many bytes it got, fewer only where the file ends.
    func read(
        _ handle: SFTPRequest.Handle, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer, _ meter: SFTPMeter
    ) throws(SFTPFailure) -> Int {
        let requestSize = meter.readSize(connection.limits.read)
        let window = SFTPExchange.window(requestSize)
        var pending: [UInt32: Range<Int>] = [:]
        var next = 0
        var end = buffer.count
        func request(_ range: Range<Int>) throws(SFTPFailure) {
            pending[try send(.read(handle, offset: offset + UInt64(range.lowerBound), count: UInt32(range.count)))] =
                range
        }
        while true {
            while pending.count < window, next < end {
                let range = next..<min(next + requestSize, end)
                meter.willReceive(range.count)
                try request(range)
                next = range.upperBound
            }
            if pending.isEmpty { return end }
            let answer = try answer()
            // Other answers are those to requests that do not matter any more.
            guard let range = pending.removeValue(forKey: answer.id) else { continue }
            switch answer.response {
            case .data(let bytes) where !bytes.isEmpty && bytes.count <= range.count:
                bytes.withUnsafeBytes { buffer[range.lowerBound...].copyBytes(from: $0) }
                meter.didReceive(bytes.count)
                if bytes.count < range.count { try request(range.dropFirst(bytes.count)) }
            case .outcome(let status) where status.code == .endOfFile: end = min(end, range.lowerBound)
            default: throw .unexpected(answer.response)
            }
        }
    }

    /// Writes `count` bytes from the start of the file on.
    ///
    /// - Parameter piece: gives the bytes of a part.
    func write(
        _ count: Int, to handle: SFTPRequest.Handle, _ meter: SFTPMeter,
        _ piece: (Range<Int>) throws(VarveError) -> ArraySlice<UInt8>
    ) throws(SFTPFailure) {
        let requestSize = meter.writeSize(connection.limits.write)
        let window = SFTPExchange.window(requestSize)
        var pending: Set<UInt32> = []
        var next = 0
        while next < count || !pending.isEmpty {
            if next < count, pending.count < window {
                let range = next..<min(next + requestSize, count)
                let bytes: ArraySlice<UInt8>
                do throws(VarveError) { bytes = try piece(range) } catch { throw .failed(error) }
                meter.willSend(bytes.count)
                pending.insert(try send(.write(handle, offset: UInt64(range.lowerBound), bytes)))
                meter.didSend(bytes.count)
                next = range.upperBound
                continue
            }
            let answer = try answer()
            guard pending.remove(answer.id) != nil else { continue }
            guard case .outcome(let status) = answer.response, status.code == .ok else {
                throw .unexpected(answer.response)
            }
        }
    }

    /// Carries out requests of which each has its own answer, many at once; gives the answers in order.
    func askAll(_ requests: [SFTPRequest]) throws(SFTPFailure) -> [SFTPResponse] {
        var responses = [SFTPResponse?](repeating: nil, count: requests.count)
        var pending: [UInt32: Int] = [:]
        var next = 0
        while next < requests.count || !pending.isEmpty {
            if next < requests.count, pending.count < SFTPExchange.requestsInFlight {
                pending[try send(requests[next])] = next
                next += 1
                continue
            }
            let answer = try answer()
            if let index = pending.removeValue(forKey: answer.id) { responses[index] = answer.response }
        }
        return responses.compactMap { $0 }
    }
}
