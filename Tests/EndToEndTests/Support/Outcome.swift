import Testing

/// How a program ended, and what it wrote.
struct Outcome {
    let name: String
    /// The exit code; 128 and the signal's number where one killed it.
    let code: Int32
    let output: [UInt8]
    let errors: String

    var text: String { String(decoding: output, as: UTF8.self) }

    /// The lines of standard output.
    var lines: [String] { text.split(separator: "\n").map(String.init) }

    /// The lines of standard error.
    var errorLines: [String] { errors.split(separator: "\n").map(String.init) }

    /// The JSON objects of standard output, one a line.
    func objects(sourceLocation: SourceLocation = #_sourceLocation) throws -> [JSONObject] {
        try lines.map { try JSONObject($0, sourceLocation) }
    }

    /// The last object of this type.
    func object(_ type: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> JSONObject {
        let found = try objects(sourceLocation: sourceLocation).last { $0.type == type }
        return try #require(found, "\(name): no object \(type) in \(text)", sourceLocation: sourceLocation)
    }

    func expect(_ code: Int32, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(
            self.code == code, "\(name): exit code \(self.code), not \(code); \(errors)", sourceLocation: sourceLocation
        )
    }
}
