import Testing

@testable import Transfers

@Suite struct ResponseTests {
    private func add(_ line: String, to collector: inout ResponseCollector) throws {
        try Array(line.utf8).withUnsafeBytes { try collector.add(headerLine: $0) }
    }

    private func collector(_ lines: [String], limit: Int = 100) throws -> ResponseCollector {
        var collector = ResponseCollector(bodyLimit: limit)
        for line in lines { try add(line + "\r\n", to: &collector) }
        return collector
    }

    @Test func theLastOfSeveralHeadsCounts() throws {
        let collector = try collector([
            "HTTP/1.1 100 Continue", "X-Early: yes", "", "HTTP/1.1 200 OK", "ETag:  \"a:b\" \t", "X-None:", "nonsense",
        ])
        #expect(collector.sawContinue)
        let response = collector.response(status: 200)
        #expect(response.headers == [HTTPHeader("etag", "\"a:b\""), HTTPHeader("x-none", "")])
        #expect(response.header("etag") == "\"a:b\"")
    }

    @Test func bodiesAndHeadersAreBounded() throws {
        var collector = try collector(["HTTP/1.1 200 OK", "Content-Length: 9999999999999999"], limit: 10)
        let piece = [UInt8](repeating: 1, count: 6)
        try piece.withUnsafeBytes { try collector.add(bodyPiece: $0) }
        #expect(throws: TransferFailure.self) { try piece.withUnsafeBytes { try collector.add(bodyPiece: $0) } }
        #expect(collector.body == piece)
        // Trailers mean nothing, and count.
        try add("x-late: 1\r\n", to: &collector)
        #expect(collector.headers.count == 1)
        #expect(throws: TransferFailure.self) {
            try add(String(repeating: "x", count: ResponseCollector.headerLimit), to: &collector)
        }
    }

    @Test func headsEndWithAnEmptyLine() throws {
        #expect(try collector(["HTTP/1.1 200 OK", "content-length: 5"]).isHeadWhole == false)
        #expect(try collector(["HTTP/1.1 100 Continue", "", "HTTP/1.1 200 OK"]).isHeadWhole == false)
        #expect(try collector(["HTTP/1.1 200 OK", "content-length: 5", ""]).isHeadWhole == true)
    }

    @Test func onlyAWholeRefusalCountsWhereTheExchangeBrokeOff() throws {
        #expect(try collector(["HTTP/1.1 403 Forbidden", "content-length: 0", ""]).refusal?.status == 403)
        #expect(try collector(["HTTP/1.1 200 OK", "content-length: 0", ""]).refusal == nil)
        #expect(try collector(["HTTP/1.1 403 Forbidden", "content-length: 5", ""]).refusal == nil)
        #expect(try collector(["HTTP/1.1 403 Forbidden", ""]).refusal == nil)
        #expect(try collector(["HTTP/1.1 403 Forbidden", "content-length: 0"]).refusal == nil)
    }

    @Test(arguments: [
        ("7", 7.0), ("0", 0), ("", nil), ("-1", nil), ("1.5", nil), ("9999999999", nil), ("Fri, 31", nil),
    ])
    func retryAfterIsSecondsOrNothing(_ text: String, _ seconds: Double?) {
        #expect(HTTPResponse(status: 503, headers: [HTTPHeader("retry-after", text)]).retryAfter == seconds)
    }

    @Test func someStatusesPass() {
        for status in [408, 429, 500, 502, 503, 504] { #expect(HTTPResponse(status: status).isTransient) }
        for status in [200, 307, 400, 403, 404, 412, 501] { #expect(!HTTPResponse(status: status).isTransient) }
    }

    @Test(arguments: [
        "ftp://host/", "host", "", "http://", "http:///path", "https://user:secret@host/", "http://host/a b",
        "http://host/ä", "http://host/\r\nX: 1",
    ])
    func urlsThatCannotBeSentAreRefusedWithoutTellingThem(_ url: String) {
        #expect { try RequestAddress(url) } throws: { error in
            guard let failure = error as? TransferFailure else { return false }
            return failure.cause == .invalidRequest && !failure.problem.contains("secret")
        }
    }

    @Test func messagesNameHostAndPortAlone() throws {
        #expect(try RequestAddress("https://host.example:9000/bucket/key?X-Secret=1").text == "host.example:9000")
        #expect(try RequestAddress("HTTP://[::1]:80?x@y").text == "[::1]:80")
    }

    @Test func headersCannotBreakOut() {
        #expect(HTTPHeader("Range", "bytes=0-1").line == "Range: bytes=0-1")
        #expect(HTTPHeader("X-Empty", "").line == "X-Empty;")
        for header in [
            HTTPHeader("A\r\nB", "x"), HTTPHeader("", "x"), HTTPHeader("A:", "x"), HTTPHeader("A", "x\r\ny"),
        ] {
            #expect(header.line == nil)
        }
    }
}
