/// Puts a response together from the lines and pieces that come, within limits.
struct ResponseCollector {
    /// Bytes of all header lines, those of informational responses and trailers included.
    static let headerLimit = 65_536

    private let bodyLimit: Int
    private var headerBytes = 0
    private var status = 0
    private(set) var headers: [HTTPHeader] = []
    private(set) var body: [UInt8] = []
    private var hasBody = false
    /// Whether the headers came to their end: libcurl takes a connection that ends within them for the end of the response.
    private(set) var isHeadWhole = false
    /// Whether the server asked for the body of the request by a response 100.
    private(set) var sawContinue = false

    init(bodyLimit: Int) { self.bodyLimit = bodyLimit }

    /// Takes one line with its end; each response begins with its status line, also one that only announces another.
    mutating func add(headerLine line: UnsafeRawBufferPointer) throws(TransferFailure) {
        headerBytes += line.count
        guard headerBytes <= ResponseCollector.headerLimit else {
            throw TransferFailure(.tooLarge, "the headers of the response are longer than \(Self.headerLimit) bytes")
        }
        // What follows a body are trailers, which mean nothing here.
        guard !hasBody else { return }
        let text = line.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        if text.starts(with: "HTTP/".utf8) {
            status = ResponseCollector.status(of: text)
            isHeadWhole = false
            if status == 100 { sawContinue = true }
            headers = []
        } else if text.isEmpty {
            isHeadWhole = true
        } else if let colon = text.firstIndex(of: UInt8(ascii: ":")) {
            let name = String(decoding: text[..<colon], as: UTF8.self).lowercased()
            headers.append(HTTPHeader(name, ResponseCollector.trimmed(text[text.index(after: colon)...])))
        }
    }

    /// The number after the first space, 0 for none.
    private static func status(of line: Slice<UnsafeRawBufferPointer>) -> Int {
        let digits = line.drop { $0 != UInt8(ascii: " ") }.drop { $0 == UInt8(ascii: " ") }.prefix(3)
        return Int(String(decoding: digits, as: UTF8.self)) ?? 0
    }

    private static func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var bytes = bytes.drop(while: isBlank)
        while let last = bytes.last, isBlank(last) { bytes = bytes.dropLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    mutating func add(bodyPiece piece: UnsafeRawBufferPointer) throws(TransferFailure) {
        guard piece.count <= bodyLimit - body.count else {
            throw TransferFailure(.tooLarge, "the response is longer than \(bodyLimit) bytes")
        }
        if !hasBody {
            hasBody = true
            // Room for all of it at once: untouched memory costs nothing, and the limit bounds what is claimed.
            body.reserveCapacity(min(declaredLength ?? 0, bodyLimit))
        }
        body.append(contentsOf: piece)
    }

    private var declaredLength: Int? {
        headers.first { $0.name == "content-length" }.flatMap { Int($0.value) }.flatMap { $0 >= 0 ? $0 : nil }
    }

    /// The refusal of a server that hung up over the rest of a request: whole, though the exchange broke off.
    var refusal: HTTPResponse? {
        guard status >= 400, isHeadWhole, declaredLength == body.count else { return nil }
        return HTTPResponse(status: status, headers: headers, body: body)
    }

    /// What was collected, with the status as the library read it.
    func response(status: Int) -> HTTPResponse { HTTPResponse(status: status, headers: headers, body: body) }
}
