import FileIO
import Primitives

/// What is to become a file on the server.
struct SFTPUpload {
    let count: Int
    /// - Throws: kind `local` where a file cannot be read.
    let piece: (Range<Int>) throws(VarveError) -> ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        count = bytes.count
        piece = { bytes[$0] }
    }

    /// - Throws: kind `local` where the file cannot be examined.
    init(_ file: OpenFile) throws(VarveError) {
        count = Int(try reportingErrors(as: .local) { () throws(SystemError) in try file.size() })
        piece = { range throws(VarveError) in
            try reportingErrors(as: .local) { () throws(SystemError) in
                var failure: SystemError?
                let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
                    count = 0
                    do throws(SystemError) {
                        count = try file.readFully(
                            into: UnsafeMutableRawBufferPointer(buffer), at: Int64(range.lowerBound))
                    } catch { failure = error }
                }
                if let failure { throw failure }
                guard bytes.count == range.count else {
                    throw SystemError(errnoCode: 5, operation: "read", path: file.path.display)
                }
                return bytes[...]
            }
        }
    }
}

extension SFTPExchange {
    /// Writes a new file, brings it to the server's disk where the server knows how, and closes it.
    ///
    /// Where that fails the file is removed, as far as the connection lasts.
    func create(_ path: SFTPRequest.Path, _ upload: SFTPUpload, _ meter: SFTPMeter) throws(SFTPFailure) {
        let handle = try handle(
            .open(path, [.write, .create, .exclusive], permissions: SFTPExchange.filePermissions))
        do throws(SFTPFailure) {
            try write(upload.count, to: handle, meter, upload.piece)
            if connection.offers(.synchronize) {
                try carryOut(.synchronize(handle))
                // Nothing is left that closing could fail to write.
                sendAndForget(.close(handle))
            } else {
                try carryOut(.close(handle))
            }
        } catch {
            sendAndForget(.close(handle))
            if connection.isAlive { try? carryOut(.remove(path)) }
            throw error
        }
    }

    /// Gives a file the name of an object. What has that name already is the same object.
    func commit(_ path: SFTPRequest.Path, to target: SFTPRequest.Path, count: Int) throws(SFTPFailure) {
        if connection.offers(.replacingRename) { return try carryOut(.replacingRename(path, to: target)) }
        do throws(SFTPFailure) {
            try carryOut(.rename(path, to: target))
        } catch {
            guard case .refused = error, let there = try attributesIfThere(target) else { throw error }
            if there.isFile, there.size == UInt64(count) { return try carryOut(.remove(path)) }
            // A part of an object, which no varve has left there: nobody can use it.
            try carryOut(.remove(target))
            try carryOut(.rename(path, to: target))
        }
    }
}
