import Backends
import Primitives
import Transfers

extension RESTBackend {
    /// At least `count` bytes, those wanted in front.
    func part(_ name: ObjectName, _ offset: UInt64, _ count: Int) throws(VarveError) -> [UInt8] {
        let range = HTTPHeader("Range", "bytes=\(offset)-\(offset + UInt64(count) - 1)")
        let get = request(.get, "\(name)", headers: [range], responseLimit: max(count, RESTBackend.refusalLimit))
        let noParts = odd("read \(name)", "the server gives no parts of objects, but all of them")
        return try perform("read \(name)", get, tooLarge: .failed(noParts)) {
            response, attempt -> AttemptOutcome<[UInt8]>? in
            switch response.status {
            case 206: return self.judge(response, name, offset, count)
            // The server sent all of it, which is not much.
            case 200:
                let bytes = response.body.dropFirst(Int(clamping: offset))
                return bytes.count >= count ? .done(Array(bytes)) : .failed(self.truncated(name, count, at: offset))
            case 404: return .failed(self.missing(name))
            case 416: return .failed(self.truncated(name, count, at: offset))
            // A storage under rclone may fail at a part beyond the end.
            case 500 where attempt == 1: return self.isBeyondEnd(name, offset, count)
            default: return nil
            }
        }
    }

    /// In bytes: a refusal comes with some text.
    private static let refusalLimit = 1 << 16

    private func judge(
        _ response: HTTPResponse, _ name: ObjectName, _ offset: UInt64, _ count: Int
    ) -> AttemptOutcome<[UInt8]> {
        let range = response.header("content-range").flatMap(ContentRange.init)
        if response.body.count == count {
            guard range?.start ?? offset == offset else {
                return .failed(odd("read \(name)", "the server answers with another part than it was asked for"))
            }
            return .done(response.body)
        }
        if let size = range?.size, offset >= size || size - offset < UInt64(count) {
            return .failed(truncated(name, count, at: offset))
        }
        return .retry("the server sent \(response.body.count) of \(count) bytes")
    }

    private func isBeyondEnd(_ name: ObjectName, _ offset: UInt64, _ count: Int) -> AttemptOutcome<[UInt8]>? {
        guard let head = try? transport.send(request(.head, "\(name)")), head.status == 200,
            let size = head.header("content-length").flatMap({ UInt64($0) }),
            offset >= size || size - offset < UInt64(count)
        else { return nil }
        return .failed(truncated(name, count, at: offset))
    }
}

/// The value of a `Content-Range` header: "bytes 10-19/100".
struct ContentRange: Hashable {
    let start: UInt64
    /// Of the whole object; `nil` where the server does not say.
    let size: UInt64?

    init?(_ text: String) {
        guard text.hasPrefix("bytes ") else { return nil }
        let parts = text.dropFirst("bytes ".count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let dash = parts[0].firstIndex(of: "-"), let start = UInt64(parts[0][..<dash]) else {
            return nil
        }
        self.start = start
        size = UInt64(parts[1])
    }
}
