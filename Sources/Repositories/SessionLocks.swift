import Backends
import Primitives

/// What an object of `locks/` is.
package enum SessionLock: Hashable, Sendable {
    /// The anchor of this session.
    case anchor(session: Identifier)
    /// A sign of life of the session with this anchor.
    case heartbeat(anchor: Digest)
}

extension Repository {
    /// Reads an object of `locks/`.
    ///
    /// - Throws: kinds `notFound`, `damaged`, `unsupported`, `storage`.
    package func readSessionLock(_ id: Digest) throws(VarveError) -> SessionLock {
        let name = ObjectName(.locks, id)
        let (header, plain) = try readObject(name, types: [.anchor, .heartbeat])
        if header.type == .anchor {
            try checkLocation(try SessionAnchor.decode(plain, of: "\(name)").location, of: name)
            return .anchor(session: header.session)
        }
        let (heartbeat, location) = try decoding("\(name)") { try Heartbeat.decode(plain) }
        try checkLocation(location, of: name)
        return .heartbeat(anchor: heartbeat.anchor)
    }
}
