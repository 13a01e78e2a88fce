import Backends
import FileIO
import Primitives
import Transfers

extension RESTBackend {
    static let octets = HTTPHeader("Content-Type", "application/octet-stream")

    package func put(_ name: ObjectName, _ bytes: [UInt8]) throws(VarveError) { try put(name, .bytes(bytes)) }

    package func put(_ name: ObjectName, from file: TemporaryFile) throws(VarveError) {
        let size = try reportingErrors(as: .local) { () throws(SystemError) in try file.file.size() }
        try put(name, .file(file.file, offset: 0, count: UInt64(size)))
        file.discard()
    }

    private func put(_ name: ObjectName, _ body: HTTPBody) throws(VarveError) {
        if try replacesObjects(), try size(of: "\(name)") == body.count { return }
        let operation = "write \(name)"
        let isStored = try perform(operation, request(.post, "\(name)", headers: [RESTBackend.octets], body: body)) {
            response, attempt -> AttemptOutcome<Bool>? in
            switch response.status {
            case 200..<300: return .done(true)
            case 403, 409, 412: return .done(false)
            // To rest-server what was changed on the way; but also a full disk.
            case 400 where attempt < 3: return .retry("the server answers 400")
            case 400: return .failed(self.refusedContent(operation))
            default: return nil
            }
        }
        if isStored { return }
        // It is there already, or it is forbidden to write it.
        switch try size(of: "\(name)") {
        case body.count: return
        case nil: throw forbidden(operation)
        case .some(let other):
            throw VarveError(
                .storage,
                "cannot \(operation) at \(location): there is one of \(other) bytes instead of \(body.count), "
                    + "which the server does not let us replace",
                advice: "remove it at the server: it is the rest of a write that was cut off")
        }
    }

    /// Stores the bytes under another name first, then deletes the object; rest-server knows no such names.
    package func setAside(_ name: ObjectName) throws(VarveError) {
        guard try replacesObjects() else {
            throw VarveError(
                .storage, "the server of \(location) has no way to set \(name) aside",
                advice: "rename the file in the server's folder, putting .damaged behind its name")
        }
        let bytes = try wholeObject(name)
        let aside = "\(name).damaged"
        try perform(
            "write \(aside)", request(.post, aside, headers: [RESTBackend.octets], body: .bytes(bytes))
        ) { response, _ in (200..<300).contains(response.status) ? .done(()) : nil }
        guard try size(of: aside) == UInt64(bytes.count) else {
            throw odd("write \(aside)", "the server has stored something else")
        }
        try delete(name)
    }
}
