import Backends
import Primitives

extension MemoryBackend {
    /// The same objects, to be changed on their own.
    ///
    /// - Parameter configuration: what `config` shall be instead.
    package func copy(configuration: [UInt8]? = nil) throws -> MemoryBackend {
        let copy = MemoryBackend()
        for folder in StorageFolder.allCases {
            for object in try list(folder) {
                let name = ObjectName(folder, object.id)
                copy.put(name, try read(name))
            }
        }
        if let configuration = try configuration ?? readConfiguration() { try copy.writeConfiguration(configuration) }
        return copy
    }

    /// The names of all objects in a folder, in order.
    package func names(in folder: StorageFolder) throws -> [ObjectName] {
        try list(folder).map { ObjectName(folder, $0.id) }.sorted { $0.id < $1.id }
    }

    /// Flips bits of one byte.
    package func flip(_ name: ObjectName, at position: Int, by bits: UInt8 = 0x10) {
        tamper(with: name) { bytes in
            var bytes = bytes
            bytes[position] ^= bits
            return bytes
        }
    }
}
