import Glibc

extension [UInt8] {
    /// Whether the text stands somewhere in these bytes. (What the standard library has for that takes seconds for megabytes
    /// where it is not optimised.)
    func holds(_ text: String) -> Bool {
        let wanted = Array(text.utf8)
        guard let first = wanted.first else { return true }
        return withUnsafeBytes { bytes in
            var position = 0
            while position + wanted.count <= bytes.count, let start = bytes.baseAddress {
                let room = bytes.count - wanted.count - position + 1
                guard let found = memchr(start + position, Int32(first), room) else { return false }
                if memcmp(found, wanted, wanted.count) == 0 { return true }
                position = start.distance(to: UnsafeRawPointer(found)) + 1
            }
            return false
        }
    }
}
