import Primitives

/// Runs `body` and throws what fails in it as the error that leaves a module.
package func reportingErrors<Result: ~Copyable>(
    as kind: VarveError.Kind, _ body: () throws(SystemError) -> Result
) throws(VarveError) -> Result {
    do throws(SystemError) {
        return try body()
    } catch {
        throw error.asVarveError(kind)
    }
}

extension OpenFile {
    /// Writes all of `bytes` from `offset` on, leaving the file's position alone.
    package func write(_ bytes: [UInt8], at offset: Int64) throws(SystemError) {
        try bytes.withUnsafeBufferPointer { buffer throws(SystemError) in
            try write(UnsafeRawBufferPointer(buffer), at: offset)
        }
    }
}
