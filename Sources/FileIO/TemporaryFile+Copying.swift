extension TemporaryFile {
    /// A file in `folder` with the same bytes.
    package func copy(in folder: BytePath) throws(SystemError) -> TemporaryFile {
        let copy = try TemporaryFile.create(in: folder)
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { block.deallocate() }
        var offset: Int64 = 0
        while true {
            let count = try file.readFully(into: block, at: offset)
            if count == 0 { return copy }
            try copy.file.write(UnsafeRawBufferPointer(rebasing: block[..<count]))
            offset += Int64(count)
        }
    }
}
