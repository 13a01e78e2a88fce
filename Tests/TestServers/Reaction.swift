/// What a ``HostileServer`` does with a request's body when it has read the headers.
package enum BodyHandling: Sendable {
    /// Reads it; sends a response 100 first if the client waits for one.
    case read
    /// Reads it and never sends a response 100.
    case readWithoutContinue
    /// Reads it after so many responses 100, wanted or not.
    case readAfterContinues(Int)
    /// Reads it at so many bytes per second, about.
    case readSlowly(Int)
    /// Does not read it; answers at once and closes the connection.
    case ignore(Reaction)
}

/// What a ``HostileServer`` does with a request: steps, one after the other.
package struct Reaction: Sendable {
    package enum Step: Sendable {
        case send([UInt8])
        /// As ``send(_:)``, but left out for HEAD.
        case sendBody([UInt8])
        case sendSlowly([UInt8], bytesPerSecond: Int)
        /// The same again and again, until the client is gone.
        case sendForEver([UInt8])
        /// Seconds; ends early when the client is gone.
        case pause(Double)
        /// Does nothing until the client is gone.
        case stall
        /// Says that nothing more will be sent, and goes on receiving.
        case endSending
        case close
        /// Closes so that the client gets "connection reset".
        case reset
    }

    package var steps: [Step]

    package init(_ steps: [Step]) { self.steps = steps }

    /// This one and then that.
    package func then(_ steps: Step...) -> Reaction { Reaction(self.steps + steps) }

    /// Waits so many seconds first.
    package func after(_ seconds: Double) -> Reaction { Reaction([.pause(seconds)] + steps) }
}

extension Reaction {
    /// A proper response. The length of the body is added unless it is given.
    package static func respond(
        _ status: Int, _ headers: KeyValuePairs<String, String> = [:], _ body: String = ""
    ) -> Reaction {
        respond(status, headers, bytes: Array(body.utf8))
    }

    package static func respond(
        _ status: Int, _ headers: KeyValuePairs<String, String> = [:], bytes body: [UInt8]
    ) -> Reaction {
        Reaction([.send(head(status, headers, length: body.count)), .sendBody(body)])
    }

    /// A response that says it is `length` bytes long, whatever it is; the connection stays open.
    package static func respond(
        _ status: Int, _ headers: KeyValuePairs<String, String> = [:], _ body: String = "", claimingLength length: Int
    ) -> Reaction {
        Reaction([.send(head(status, headers, length: length)), .sendBody(Array(body.utf8))])
    }

    package static func respondSlowly(
        _ status: Int, _ headers: KeyValuePairs<String, String> = [:], bytes body: [UInt8], bytesPerSecond: Int
    ) -> Reaction {
        Reaction([.send(head(status, headers, length: body.count)), .sendSlowly(body, bytesPerSecond: bytesPerSecond)])
    }

    /// A proper response; the connection is closed behind it, though nothing said that it would be.
    package static func respondAndClose(
        _ status: Int, _ headers: KeyValuePairs<String, String> = [:], _ body: String = ""
    ) -> Reaction {
        respond(status, headers, body).then(.close)
    }

    /// No response at all: the connection stays open and silent.
    package static let stall = Reaction([.stall])
    package static let closeWithoutResponse = Reaction([.close])
    package static let reset = Reaction([.reset])

    /// Ends in the middle of a header.
    package static let closeWithinHeaders = Reaction([
        .send(Array("HTTP/1.1 200 OK\r\nContent-Type: text/pl".utf8)), .close,
    ])

    /// Sends `sent` bytes of zeros where `length` are announced, and closes; `ending` may be another way to break off.
    package static func breakOff(after sent: Int, of length: Int, by ending: Step = .close) -> Reaction {
        Reaction([.send(head(200, [:], length: length)), .sendBody([UInt8](repeating: 0, count: sent)), ending])
    }

    /// Header lines without end.
    package static let endlessHeaders = Reaction([
        .send(Array("HTTP/1.1 200 OK\r\n".utf8)), .sendForEver(Array("X-More: and more\r\n".utf8)),
    ])

    /// One header line without end.
    package static let endlessHeaderLine = Reaction([
        .send(Array("HTTP/1.1 200 OK\r\nX-Long: ".utf8)),
        .sendForEver([UInt8](repeating: UInt8(ascii: "x"), count: 4096)),
    ])

    /// A chunked body without end, of 4,096 bytes a chunk.
    package static let endlessBody = Reaction([
        .send(Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)),
        .sendForEver(Array("1000\r\n".utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: 4096) + Array("\r\n".utf8)),
    ])

    /// What is no HTTP, and the end of the connection.
    package static func garbage(_ bytes: [UInt8]) -> Reaction { Reaction([.send(bytes), .close]) }

    /// The request of S3 to come less often.
    package static let slowDown = respond(
        503, ["Content-Type": "application/xml"],
        "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
    )

    private static func head(_ status: Int, _ headers: KeyValuePairs<String, String>, length: Int) -> [UInt8] {
        var text = "HTTP/1.1 \(status) \(reason(status))\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        let isFramed = headers.contains { ["content-length", "transfer-encoding"].contains($0.key.lowercased()) }
        if !isFramed, status != 204 { text += "Content-Length: \(length)\r\n" }
        return Array((text + "\r\n").utf8)
    }

    private static func reason(_ status: Int) -> String {
        [200: "OK", 201: "Created", 204: "No Content", 206: "Partial Content", 404: "Not Found"][status] ?? "Status"
    }
}
