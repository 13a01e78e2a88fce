import Primitives

/// What is sealed in which way: whole objects, and the parts of packs.
extension ObjectSealer {
    /// H ‖ sealed(`plain`).
    package func sealWholeObject(_ plain: [UInt8]) throws(VarveError) -> [UInt8] {
        headerBytes + (try seal(plain, place: .wholeObject, associatedData: headerBytes))
    }

    /// The plain bytes of a whole object.
    ///
    /// - Parameter bytes: all of the object, beginning with the header that this sealer was made for.
    /// - Throws: `VarveError` of kind `damaged`.
    package func openWholeObject(_ bytes: [UInt8], object: String) throws(VarveError) -> [UInt8] {
        guard bytes.starts(with: headerBytes) else { throw .damaged(object, "it has another header") }
        return try open(
            bytes[ObjectHeader.byteCount...], place: .wholeObject, associatedData: headerBytes, object: object)
    }

    /// The sealed directory or footer of a pack.
    package func sealPart(_ plain: [UInt8], place: SealPlace) throws(VarveError) -> [UInt8] {
        try seal(plain, place: place, associatedData: headerBytes)
    }

    /// The plain bytes of a sealed directory or footer.
    package func openPart(_ sealed: [UInt8], place: SealPlace, object: String) throws(VarveError) -> [UInt8] {
        try open(sealed[...], place: place, associatedData: headerBytes, object: object)
    }

    /// Seals the stored bytes of a segment.
    ///
    /// - Parameters:
    ///   - offset: where the segment begins in its pack.
    ///   - determinant: what ``SegmentDeterminant`` makes.
    ///   - sealed: exactly ``overhead`` bytes longer than `stored`. It may hold `stored` itself, from byte 8 on.
    package func sealSegment(
        stored: UnsafeRawBufferPointer, offset: UInt32, codec: UInt8, rawLength: UInt32, determinant: [UInt8],
        into sealed: UnsafeMutableRawBufferPointer
    ) throws(VarveError) {
        try seal(
            stored, place: .segment(offset: offset),
            associatedData: segmentData(offset: offset, codec: codec, rawLength: rawLength), determinant: determinant,
            into: sealed)
    }

    /// Opens a segment to its stored bytes, which `codec` says how to read.
    ///
    /// - Parameter stored: exactly ``overhead`` bytes shorter than `sealed`.
    /// - Throws: `VarveError` of kind `damaged`.
    package func openSegment(
        _ sealed: UnsafeRawBufferPointer, offset: UInt32, codec: UInt8, rawLength: UInt32,
        into stored: UnsafeMutableRawBufferPointer, object: String
    ) throws(VarveError) {
        try open(
            sealed, place: .segment(offset: offset),
            associatedData: segmentData(offset: offset, codec: codec, rawLength: rawLength), into: stored,
            object: object)
    }

    private func segmentData(offset: UInt32, codec: UInt8, rawLength: UInt32) -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: ObjectHeader.byteCount + 9)
        writer.append(headerBytes)
        writer.appendInteger(offset)
        writer.append(codec)
        writer.appendInteger(rawLength)
        return writer.bytes
    }

    /// ``seal(_:place:associatedData:determinant:into:)`` for small things.
    func seal(_ plain: [UInt8], place: SealPlace, associatedData: [UInt8]) throws(VarveError) -> [UInt8] {
        var sealed = [UInt8](repeating: 0, count: plain.count + ObjectSealer.overhead)
        // The array's own method does not pass typed errors on.
        let result = sealed.withUnsafeMutableBytes { sealed in
            plain.withUnsafeBytes { plain in
                Result { () throws(VarveError) in
                    try seal(plain, place: place, associatedData: associatedData, into: sealed)
                }
            }
        }
        try result.get()
        return sealed
    }

    /// ``open(_:place:associatedData:into:object:)`` for small things.
    func open(
        _ sealed: ArraySlice<UInt8>, place: SealPlace, associatedData: [UInt8], object: String
    ) throws(VarveError) -> [UInt8] {
        var plain = [UInt8](repeating: 0, count: max(0, sealed.count - ObjectSealer.overhead))
        let result = plain.withUnsafeMutableBytes { plain in
            sealed.withUnsafeBytes { sealed in
                Result { () throws(VarveError) in
                    try open(sealed, place: place, associatedData: associatedData, into: plain, object: object)
                }
            }
        }
        try result.get()
        return plain
    }
}
