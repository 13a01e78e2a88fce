import Transfers

extension BackendOptions {
    /// How requests over HTTP are sent.
    var transfers: HTTPClientOptions {
        var transfers = HTTPClientOptions()
        transfers.connections = connections
        transfers.caCertificate = caCertificate
        transfers.insecureTLS = acceptsAnyCertificate
        transfers.uploadLimit = uploadLimit ?? 0
        transfers.downloadLimit = downloadLimit ?? 0
        return transfers
    }
}
