/// Is told of all that is sealed, so that a test can see that no nonce of a key stands for two contents.
package protocol SealObserver: Sendable {
    /// Called on the thread that seals.
    ///
    /// - Parameters:
    ///   - header: what the key comes from, beside what all objects of its kind have in common.
    ///   - sealed: what the storage may see.
    func observe(header: [UInt8], nonce: [UInt8], sealed: UnsafeRawBufferPointer)
}
