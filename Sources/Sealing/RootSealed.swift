import Primitives

/// Whole objects under the root key: keyrings and location objects.
enum RootSealed {
    static func seal(
        _ plain: [UInt8], type: ObjectType, rootKey: SecretBytes, repository: Identifier, session: Identifier,
        suite: CipherSuite, random: some RandomBytes
    ) throws(VarveError) -> [UInt8] {
        let header = ObjectHeader(
            type: type, suite: suite, keyMode: .root, repository: repository, session: session, salt: random.bytes(32))
        return try ObjectSealer(header: header, keyMaterial: rootKey).sealWholeObject(plain)
    }

    static func open(
        _ bytes: [UInt8], type: ObjectType, rootKey: SecretBytes, repository: Identifier, object: String
    ) throws(VarveError) -> [UInt8] {
        let header = try ObjectHeader(decoding: bytes[...], of: object)
        guard header.type == type, header.keyMode == .root else {
            throw .damaged(object, "it is no \(type)")
        }
        guard header.repository == repository else { throw .damaged(object, "it belongs to another repository") }
        try header.checkNamedKey(of: object)
        guard header.suite != .none else { throw .damaged(object, "it is not encrypted") }
        return try ObjectSealer(header: header, keyMaterial: rootKey).openWholeObject(bytes, object: object)
    }
}
