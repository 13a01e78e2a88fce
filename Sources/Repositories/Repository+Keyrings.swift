import Backends
import Primitives
import Sealing

extension Repository {
    /// The bytes of a keyring that opens here, as they are; `nil` where the object of `keys/` is something else.
    ///
    /// - Throws: kinds `notFound`, `damaged`, `unsupported`, `storage`.
    package func readKeyring(_ name: ObjectName) throws(VarveError) -> [UInt8]? {
        let bytes = try backend.read(name)
        try Repository.checkName(name, bytes)
        let header = try ObjectHeader(decoding: bytes[...], of: "\(name)")
        guard header.type == .keyring, header.repository == configuration.repository else { return nil }
        _ = try Keyring(
            opening: bytes, rootKey: try requireRootKey(), repository: configuration.repository, object: "\(name)")
        return bytes
    }
}
