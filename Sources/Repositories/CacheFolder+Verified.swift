import FileIO
import Primitives

/// The file that remembers which packs were read whole and found right. It cannot be rebuilt, and nothing depends on it.
extension CacheFolder {
    private var verifiedPath: BytePath { path.appending("verified") }
    private static let verifiedLimit = 1 << 30

    /// What the file holds; `nil` where there is none.
    package var verified: [UInt8]? { try? OpenFile.open(verifiedPath).readAll(limit: CacheFolder.verifiedLimit) }

    /// Replaces what the file holds by what `change` makes of it, alone among all processes with this cache.
    package func updateVerified(_ change: ([UInt8]?) -> [UInt8]) throws(VarveError) {
        try reportingErrors(as: .local) { () throws(SystemError) in
            let lock = try OpenFile.open(path.appending("verified.lock"), .readWrite, .create)
            try lock.lockExclusively()
            defer { withExtendedLifetime(lock) {} }
            try DurableWrite.create(
                path: verifiedPath, change(verified), temporaryFolder: temporary, replacing: true)
        }
    }
}
