import CExpat
import Primitives

/// An element of a small XML document, with what is in it. Names are without prefix, attributes are left out.
struct XMLElement: Hashable, Sendable {
    var name: String
    /// All text directly in it.
    var text = ""
    var children: [XMLElement] = []

    /// The first child of that name.
    subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

    /// The text of the first child of that name.
    func text(of name: String) -> String? { self[name]?.text }
}

/// Why bytes are no document that can be read.
struct MalformedXML: Error, Hashable {
    let problem: String
}

extension XMLElement {
    /// What a server may make us hold: a page of a listing has 1,000 objects with some ten elements each.
    private static let elementLimit = 100_000
    private static let depthLimit = 16
    private static let textLimit = 1 << 16

    /// Reads a whole document.
    ///
    /// One that declares a document type is refused, and with that all entities but those of XML itself, inner or outer.
    init(parsing bytes: [UInt8]) throws(MalformedXML) {
        // Some servers send spaces to keep a connection alive while they work; XML has none before its declaration.
        let document = Array(bytes.drop { [0x20, 0x0A, 0x0D, 0x09].contains($0) })
        guard let parser = XML_ParserCreate("UTF-8") else { throw MalformedXML(problem: "there is no memory for it") }
        defer { XML_ParserFree(parser) }
        let builder = Builder(parser)
        XML_SetUserData(parser, Unmanaged.passUnretained(builder).toOpaque())
        XML_SetElementHandler(
            parser, { context, name, _ in Builder.of(context)?.start(name) },
            { context, _ in Builder.of(context)?.end() })
        XML_SetCharacterDataHandler(parser) { context, text, count in Builder.of(context)?.add(text, count) }
        XML_SetStartDoctypeDeclHandler(parser) { context, _, _, _, _ in
            Builder.of(context)?.stop("it declares a document type")
        }
        let status = document.withUnsafeBytes { buffer in
            XML_Parse(
                parser, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(clamping: buffer.count), 1)
        }
        // Expat holds the builder as a bare pointer.
        let (problem, root) = withExtendedLifetime(builder) { (builder.problem, builder.root) }
        if let problem { throw MalformedXML(problem: problem) }
        guard status == XML_STATUS_OK, let root else {
            let reason = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) } ?? "it cannot be read"
            throw MalformedXML(problem: "\(reason) in line \(XML_GetCurrentLineNumber(parser))")
        }
        self = root
    }

    private final class Builder {
        private let parser: XML_Parser
        private var open: [XMLElement] = []
        private var count = 0
        private(set) var root: XMLElement?
        private(set) var problem: String?

        init(_ parser: XML_Parser) { self.parser = parser }

        static func of(_ context: UnsafeMutableRawPointer?) -> Builder? {
            context.map { Unmanaged<Builder>.fromOpaque($0).takeUnretainedValue() }
        }

        func stop(_ problem: String) {
            self.problem = problem
            XML_StopParser(parser, 0)
        }

        func start(_ name: UnsafePointer<CChar>?) {
            guard problem == nil, let name else { return }
            count += 1
            if count > elementLimit { return stop("it has more than \(elementLimit) elements") }
            if open.count == depthLimit { return stop("its elements are nested deeper than \(depthLimit)") }
            let full = String(cString: name)
            open.append(XMLElement(name: String(full.split(separator: ":").last ?? "")))
        }

        func add(_ text: UnsafePointer<CChar>?, _ count: Int32) {
            guard problem == nil, let text, let last = open.indices.last else { return }
            let bytes = UnsafeRawBufferPointer(start: text, count: Int(count))
            open[last].text += String(decoding: bytes, as: UTF8.self)
            if open[last].text.utf8.count > textLimit { stop("a text in it is longer than \(textLimit) bytes") }
        }

        func end() {
            guard problem == nil, let element = open.popLast() else { return }
            if let last = open.indices.last { open[last].children.append(element) } else { root = element }
        }
    }
}
