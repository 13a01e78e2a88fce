/// A request as a server got it.
package struct ReceivedRequest: Sendable {
    /// Counts all requests to the server, from 0.
    package internal(set) var number = 0
    /// Counts those on its connection, from 0.
    package let numberOnConnection: Int
    /// Counts connections, from 1.
    package let connection: Int
    package let method: String
    /// As it was sent: path and query.
    package let target: String
    /// Names in lower case.
    package let headers: [(name: String, value: String)]
    /// Empty until it was read, and where the server does not keep bodies.
    package internal(set) var body: [UInt8] = []

    /// The target up to the query.
    package var path: String { String(target.prefix { $0 != "?" }) }
    /// What follows the first "?", still percent-encoded; empty where there is none.
    package var query: String { String(target.drop { $0 != "?" }.dropFirst()) }

    /// The first header of that name, given in lower case.
    package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    var declaredLength: Int { header("content-length").flatMap { Int($0) } ?? 0 }
    /// Whether the client waits for a response 100 before it sends the body.
    package var expectsContinue: Bool { header("expect")?.lowercased() == "100-continue" }

    /// Reads request line and headers, without the empty line behind them; `nil` where they are none.
    init?(head: [UInt8], connection: Int, numberOnConnection: Int) {
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
        let words = lines[0].split(separator: " ")
        guard words.count == 3 else { return nil }
        method = String(words[0])
        target = String(words[1])
        headers = lines.dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            return (line[..<colon].lowercased(), String(value))
        }
        self.connection = connection
        self.numberOnConnection = numberOnConnection
    }
}
