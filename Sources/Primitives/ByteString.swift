/// Text for people of a name or path that is bytes, not Unicode.
public enum ByteString {
    /// The bytes as UTF-8 where they are valid and printable; a backslash, a control character or an invalid byte as `\\` or `\xHH`.
    ///
    /// Distinct bytes give distinct UTF-8. (Swift holds composed and decomposed letters for equal: compare `utf8` where that matters.)
    public static func display(_ bytes: some Collection<UInt8>) -> String {
        let array = Array(bytes)
        if array.allSatisfy({ $0 >= 0x20 && $0 < 0x7f && $0 != 0x5c }) { return String(decoding: array, as: UTF8.self) }
        var text = ""
        var position = 0
        while position < array.count {
            let (scalar, length) = decodeScalar(array, at: position)
            if let scalar, scalar != "\\", scalar.value >= 0x20, !(0x7f..<0xa0).contains(scalar.value) {
                text.unicodeScalars.append(scalar)
            } else if length == 1, array[position] == 0x5c {
                text += "\\\\"
            } else {
                for byte in array[position..<position + length] { text += "\\x" + Hex.encode([byte]) }
            }
            position += length
        }
        return text
    }

    /// The scalar at `position`, or `nil` and length 1 where the bytes are no UTF-8.
    private static func decodeScalar(_ bytes: [UInt8], at position: Int) -> (Unicode.Scalar?, Int) {
        let first = bytes[position]
        let length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
        guard position + length <= bytes.count,
            let text = String(validating: bytes[position..<position + length], as: UTF8.self),
            let scalar = text.unicodeScalars.first
        else { return (nil, 1) }
        return (scalar, length)
    }
}
