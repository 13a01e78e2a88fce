import CCurl
import FileIO
import Glibc

extension ActiveTransfer {
    /// Bodies above this many bytes are announced first; the number is libcurl's.
    static let announcedSize: UInt64 = 1 << 20

    /// Sets all that the request and the options say.
    ///
    /// - Throws: where the request cannot be sent as it stands.
    func configure(_ options: HTTPClientOptions, limits: RateLimits) throws(TransferFailure) {
        easy.reset()
        setConnection(options)
        setBuffers(limits)
        let request = pending.request
        easy.set(CURLOPT_URL, request.url)
        // Names of objects are taken as they are, also where a part of them is "..".
        easy.set(CURLOPT_PATH_AS_IS, true)
        switch request.method {
        case .get: break
        case .head: easy.set(CURLOPT_NOBODY, true)
        case .put, .post, .delete: easy.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
        if request.body.count > 0 || request.method == .put || request.method == .post {
            easy.set(CURLOPT_UPLOAD, true)
            easy.set(CURLOPT_INFILESIZE_LARGE, offset: request.body.count)
        }
        try setHeaders(request.headers)
        setCallbacks()
    }

    private func setConnection(_ options: HTTPClientOptions) {
        easy.set(CURLOPT_NOSIGNAL, true)
        easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
        easy.set(CURLOPT_FOLLOWLOCATION, false)
        easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        easy.set(CURLOPT_CONNECTTIMEOUT_MS, Int(options.connectTimeout * 1000))
        easy.set(CURLOPT_TCP_KEEPALIVE, true)
        easy.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, true)
        easy.set(CURLOPT_USERAGENT, options.userAgent)
        if let file = options.caCertificate { easy.set(CURLOPT_CAINFO, file.display) }
        if options.insecureTLS {
            easy.set(CURLOPT_SSL_VERIFYPEER, false)
            easy.set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        if let socket = options.unixSocket { easy.set(CURLOPT_UNIX_SOCKET_PATH, socket.display) }
        if options.unixSocket != nil || !options.usesProxies { easy.set(CURLOPT_PROXY, "") }
    }

    /// Bytes that libcurl holds of a body, and that the kernel holds beyond what is on its way. Nobody sees these go: at
    /// ``HTTPClientOptions/leastSpeed`` they must take less than the time after which a silent transfer ends.
    private static let (libraryBuffer, kernelBuffer) = (1 << 17, Int32(1 << 16))

    /// Small buffers where pieces must be small, or else fewer and larger steps.
    private func setBuffers(_ limits: RateLimits) {
        easy.set(CURLOPT_BUFFERSIZE, limits.download.isLimited ? 16_384 : 1 << 18)
        easy.set(CURLOPT_UPLOAD_BUFFERSIZE, limits.upload.isLimited ? 1 << 16 : Self.libraryBuffer)
        _ = varve_curl_set_socket_function(easy.pointer) { _, socket, _ in
            // Otherwise it takes megabytes at once. Sockets without it are local.
            var room = ActiveTransfer.kernelBuffer
            setsockopt(socket, Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, &room, socklen_t(MemoryLayout<Int32>.size))
            return CURL_SOCKOPT_OK
        }
    }

    private func setHeaders(_ headers: [HTTPHeader]) throws(TransferFailure) {
        for header in headers {
            guard let line = header.line, headerLines.append(line) else {
                throw TransferFailure(.invalidRequest, "the header \(header.name.debugDescription) cannot be sent")
            }
        }
        // Left to itself, libcurl announces bodies of the same size, and sends them unasked where a server answers 417. A line
        // of our own would be sent again then.
        if !asksBeforeBody { _ = headerLines.append("Expect:") }
        easy.set(CURLOPT_HTTPHEADER, headerLines.pointer)
    }

    private func setCallbacks() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        for option in [CURLOPT_READDATA, CURLOPT_SEEKDATA, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA] {
            easy.set(option, context)
        }
        _ = varve_curl_set_data_function(easy.pointer, CURLOPT_READFUNCTION) { bytes, size, count, context in
            transfer(context)?.provide(UnsafeMutableRawBufferPointer(start: bytes, count: size * count)) ?? 0
        }
        _ = varve_curl_set_data_function(easy.pointer, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            transfer(context)?.accept(bodyPiece: UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
        }
        _ = varve_curl_set_data_function(easy.pointer, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            transfer(context)?.accept(headerLine: UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
        }
        _ = varve_curl_set_seek_function(easy.pointer) { context, offset, origin in
            guard origin == SEEK_SET, offset >= 0, transfer(context)?.rewind(to: UInt64(offset)) == true else {
                return CURL_SEEKFUNC_FAIL
            }
            return CURL_SEEKFUNC_OK
        }
    }
}

/// Who a callback is for; the loop keeps it alive while libcurl has its address.
private func transfer(_ context: UnsafeMutableRawPointer?) -> ActiveTransfer? {
    context.map { Unmanaged<ActiveTransfer>.fromOpaque($0).takeUnretainedValue() }
}
