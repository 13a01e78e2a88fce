import Backends
import Hashing
import Primitives

/// Sees to it that no key seals two objects: each object begins with a header that its key comes from, and all of that header must
/// be new.
struct SealWatch {
    private var objects: [[UInt8]: Digest] = [:]

    /// Takes in an object on its way to the storage; gives what is wrong.
    mutating func observe(_ name: ObjectName, _ bytes: [UInt8]) -> String? {
        let header = Array(bytes.prefix(ObjectHeader.byteCount))
        guard let other = objects.updateValue(name.id, forKey: header), other != name.id else { return nil }
        return "\(name) has the key of another object: the headers of both are the same"
    }
}
