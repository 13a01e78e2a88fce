import Primitives

extension ObjectHeader {
    /// H[8..56), which every key that is derived for an object is bound to.
    var derivationContext: ArraySlice<UInt8> { encoded[8..<56] }

    /// Key epoch and key id are those of a master key, and zero where the object has another key.
    func checkNamedKey(of object: String) throws(VarveError) {
        guard keyMode == .master || (keyEpoch == 0 && keyID == 0) else {
            throw .damaged(object, "it names a master key, and has none")
        }
    }
}
