import Indexing
import Packing
import Primitives
import Threads

/// What segments of codec 2 refer to.
extension SegmentReader {
    /// The plain bytes of the bases of a segment, one after the other, until they are released.
    struct Prefix {
        fileprivate let buffer: Buffer
        fileprivate let count: Int
        fileprivate let spareBuffers: SpareBuffers

        var bytes: UnsafeRawBufferPointer { buffer.prefix(count) }

        func release() { spareBuffers.put(buffer) }
    }

    /// Whether every base of a segment can be read and is right; what cannot be decoded without them may be right itself.
    package func canRead(bases: [ChunkID], as chunkClass: ChunkClass) throws(VarveError) -> Bool {
        do throws(VarveError) {
            for base in bases {
                try read(base, as: chunkClass, from: plainLocations(of: base), checkingID: true) { _ in }
            }
            return true
        } catch  where error.kind == .damaged {
            return false
        }
    }

    /// Reads bases. Their segments are authentic; their IDs are not checked: those of what is decoded with them will be.
    ///
    /// - Throws: kind `damaged` where a base cannot be read, or they are longer than the format allows.
    func prefix(_ ids: [ChunkID], as chunkClass: ChunkClass, object: String) throws(VarveError) -> Prefix {
        var bases: [(id: ChunkID, locations: [ChunkLocation])] = []
        var count = 0
        for id in ids {
            let locations = plainLocations(of: id)
            guard let first = locations.first else {
                throw .damaged(object, "its base chunk \(id.shortHex) is in no pack, or only as a delta itself")
            }
            bases.append((id, locations))
            count += Int(first.length)
        }
        guard count <= PackLimits.prefixLength else { throw .damaged(object, "its bases have \(count) bytes") }
        let prefix = Prefix(buffer: spareBuffers.take(count), count: count, spareBuffers: spareBuffers)
        var position = 0
        do throws(VarveError) {
            for base in bases {
                let length = base.locations.first.map { Int($0.length) }
                try read(base.id, as: chunkClass, from: base.locations.filter { Int($0.length) == length }) { bytes in
                    UnsafeMutableRawBufferPointer(rebasing: prefix.buffer.bytes[position...]).copyMemory(from: bytes)
                    position += bytes.count
                }
            }
        } catch {
            prefix.release()
            throw error
        }
        return prefix
    }

    /// Lends the bytes of a chunk from the first place where it can be read.
    private func read(
        _ id: ChunkID, as chunkClass: ChunkClass, from locations: [ChunkLocation], checkingID: Bool = false,
        _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(VarveError) {
        var failure: VarveError?
        for location in locations {
            do throws(VarveError) {
                let segment = try self.segment(at: location)
                defer { withExtendedLifetime(segment) {} }
                if checkingID {
                    body(try checkedBytes(of: id, as: chunkClass, at: location, in: segment))
                    return
                }
                guard location.chunkClass == chunkClass.rawValue, let bytes = segment.bytes(of: location) else {
                    throw .damaged("\(chunkClass) chunk \(id.shortHex)", "the index says what cannot be of it")
                }
                body(bytes)
                return
            } catch  where error.kind == .damaged {
                failure = failure ?? error
            }
        }
        throw failure ?? .damaged("\(chunkClass) chunk \(id.shortHex)", "no pack holds it whole")
    }

    /// Where a base may be read, the best place first.
    func plainLocations(of id: ChunkID) -> [ChunkLocation] {
        let all = index.allLocations(of: id).filter { $0.codec != SegmentCodec.zstdWithPrefix.rawValue }
        return SegmentReader.order(all) { index.usablePlainLocation(of: id) }
    }
}
