import Glibc
import Testing

/// Limits, connections, and what summaries say of traffic.
@Suite(.serialized) struct TrafficTests {
    @Test(arguments: RemoteKind.allCases) func uploadsKeepToTheirLimit(kind: RemoteKind) throws {
        let box = try Sandbox(at: kind.place(), isEncrypted: false, "--pack-size", "1M")
        let rate = 1 << 20
        let content = Sample.random(4 << 20, seed: 3)
        let began = ContinuousClock.now
        let summary = try box.succeed(
            "backup", "--json", "--limit-upload", "1M", "--stdin", "a", input: .bytes(content)
        ).object("summary")
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        let sent = try #require(summary.object("traffic")?.number("bytes_sent"))
        #expect(sent >= content.count)
        // What may go at once before the limit holds: less than a second's worth.
        #expect(seconds > Double(sent) / Double(rate) - 1, "\(sent) bytes in \(seconds) s")
        #expect(seconds < Double(sent) / Double(rate) * 1.5 + 10, "\(sent) bytes in \(seconds) s")
        #expect(try box.dump("latest:a") == content)
    }

    @Test func downloadsKeepToTheirLimit() throws {
        let box = try Sandbox(at: RemoteKind.s3.place(), isEncrypted: false, "--pack-size", "1M")
        let content = Sample.random(3 << 20, seed: 4)
        try box.succeed("backup", "-q", "--stdin", "a", input: .bytes(content))
        let began = ContinuousClock.now
        #expect(try box.succeed("dump", "latest:a", "--limit-download", "1M").output == content)
        #expect((ContinuousClock.now - began) / .seconds(1) > 2)
    }

    @Test(arguments: [1, 4]) func asManyConnectionsAsAllowed(count: Int) throws {
        let place = try RemoteKind.s3.place()
        let box = try Sandbox(at: place, isEncrypted: false, "--pack-size", "1M")
        let port = try #require(place.port)
        try Files.write(Sample.random(8 << 20, seed: 6), to: box.path("in"))
        let running = try box.startVarve(
            "backup", "-q", "--connections", "\(count)", "--limit-upload", "4M", "--stdin", "a", input: box.path("in"))
        var most = 0
        _ = Waiting.until(seconds: 120) {
            most = max(most, LoopbackConnections.count(of: running.id, to: port))
            return running.poll()
        }
        running.waitForSuccess()
        #expect(most == count)
    }

    /// moto's log is a second opinion.
    @Test func trafficIsWhatTheServerSaw() throws {
        let server = try RemoteServers.loggingS3.get()
        let place = RemotePlace.s3(server, prefix: "p\(UInt64.random(in: 0 ... .max))")
        let box = try Sandbox(at: place, isEncrypted: false)
        let content = Sample.random(2 << 20, seed: 7)
        func seen() throws -> Int {
            // Other tests may use the server at the same time, elsewhere.
            let prefix = place.location.split(separator: "/").last.map(String.init) ?? ""
            return try Files.text(server.process.log.display).split(separator: "\n").filter { $0.contains(prefix) }
                .count
        }
        let before = try seen()
        let summary = try box.succeed("backup", "--json", "--stdin", "a", input: .bytes(content)).object("summary")
        let traffic = try #require(summary.object("traffic"))
        let kinds = try #require(traffic.object("requests_by_kind"))
        let sum = ["read", "write", "list", "delete", "other"].compactMap { kinds.number($0) }.reduce(0, +)
        #expect(traffic.number("requests") == sum)
        // Requests about the bucket as a whole do not name the prefix; nor does the log show what came after the summary.
        let requests = try #require(traffic.number("requests"))
        #expect((requests - 3...requests + 3).contains(try seen() - before), "\(requests) requests")
        #expect(try #require(traffic.number("bytes_sent")) > content.count)
        let text = try box.succeed("backup", "--stdin", "a", input: .bytes(content)).text
        #expect(text.contains("requests, ") && text.contains("sent, ") && text.contains(" received"))
    }
}

/// TCP connections of this machine, as Linux shows them.
enum LoopbackConnections {
    /// How many connections a process has to a port of 127.0.0.1.
    static func count(of process: pid_t, to port: UInt16) -> Int {
        let sockets = Set(descriptors(of: process))
        let table = (try? Files.text("/proc/net/tcp")) ?? ""
        let remote = "0100007F:" + hex(port)
        return table.split(separator: "\n").count { line in
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            return fields.count > 9 && fields[2] == remote && fields[3] == "01" && sockets.contains(String(fields[9]))
        }
    }

    private static func hex(_ port: UInt16) -> String {
        let digits = String(port, radix: 16, uppercase: true)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }

    /// The inodes of its sockets.
    private static func descriptors(of process: pid_t) -> [String] {
        guard let stream = opendir("/proc/\(process)/fd") else { return [] }
        defer { closedir(stream) }
        var inodes: [String] = []
        while let entry = readdir(stream) {
            let path = "/proc/\(process)/fd/" + String(decoding: Files.name(of: entry), as: UTF8.self)
            var target = [UInt8](repeating: 0, count: 100)
            let count = readlink(path, &target, target.count)
            let text = String(decoding: target.prefix(max(0, count)), as: UTF8.self)
            if text.hasPrefix("socket:[") { inodes.append(String(text.dropFirst(8).dropLast())) }
        }
        return inodes
    }
}
