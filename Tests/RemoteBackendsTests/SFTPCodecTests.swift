import Primitives
import SeededData
import Testing

@testable import RemoteBackends

@Suite("Packets of SFTP")
struct SFTPCodecTests {
    @Test("requests stand in the draft's form")
    func requests() {
        #expect(SFTPRequest.initialization == [0, 0, 0, 5, 1, 0, 0, 0, 3])
        #expect(
            SFTPRequest.open([0x61, 0x62], [.write, .create, .exclusive], permissions: 0o600).packet(id: 7) == [
                0, 0, 0, 23, 3, 0, 0, 0, 7, 0, 0, 0, 2, 0x61, 0x62, 0, 0, 0, 0x2A, 0, 0, 0, 4, 0, 0, 1, 0x80,
            ])
        #expect(
            SFTPRequest.read([9], offset: 0x01_0203, count: 0x8000).packet(id: 0x0102_0304) == [
                0, 0, 0, 22, 5, 1, 2, 3, 4, 0, 0, 0, 1, 9, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0x80, 0,
            ])
        #expect(
            SFTPRequest.write([9], offset: 1, [1, 2, 3]).packet(id: 1) == [
                0, 0, 0, 25, 6, 0, 0, 0, 1, 0, 0, 0, 1, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3,
            ])
        let name = Array("fsync@openssh.com".utf8)
        #expect(
            SFTPRequest.synchronize([9]).packet(id: 1)
                == [0, 0, 0, 31, 200, 0, 0, 0, 1, 0, 0, 0, 17] + name + [0, 0, 0, 1, 9])
    }

    /// Every kind of answer once.
    private static let answers: [(packet: [UInt8], response: SFTPResponse)] = [
        ([101, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0, 2, 0x6E, 0x6F, 0, 0, 0, 0], .outcome(SFTPStatus(.noSuchFile, "no"))),
        ([101, 0, 0, 0, 5, 0, 0, 0, 0], .outcome(SFTPStatus(.ok))),
        ([101, 0, 0, 0, 5, 0, 0, 0, 99, 0, 0, 0, 0], .outcome(SFTPStatus(.failure))),
        ([102, 0, 0, 0, 5, 0, 0, 0, 2, 7, 8], .handle([7, 8])),
        ([103, 0, 0, 0, 5, 0, 0, 0, 3, 1, 2, 3], .data([1, 2, 3])),
        (
            [
                104, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 1, 0x61, 0, 0, 0, 2, 0x2D, 0x72, 0, 0, 0, 0x0D, 0, 0, 0, 0, 0, 0,
                1,
                0, 0, 0, 0x81, 0x80, 0, 0, 0, 1, 0, 0, 0, 2,
            ],
            .names([SFTPName([0x61], SFTPAttributes(size: 256, permissions: 0o100600, modified: 2))])
        ),
        (
            [
                105, 0, 0, 0, 5, 0x80, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0,
                0, 0, 0, 0,
            ],
            .attributes(SFTPAttributes(size: 9))
        ),
        ([201, 0, 0, 0, 5, 1, 2, 3], .extendedReply([1, 2, 3])),
    ]

    @Test("answers are read")
    func answers() throws {
        for (packet, response) in SFTPCodecTests.answers {
            let answer = try SFTPResponse.decode(packet[...])
            #expect(answer.id == 5)
            #expect(answer.1 == response)
        }
        let greeting: [UInt8] = [2, 0, 0, 0, 3]
        #expect(try SFTPGreeting(decoding: greeting[...]) == SFTPGreeting(version: 3, extensions: []))
        let name = Array("hardlink@openssh.com".utf8)
        let extended = greeting + [0, 0, 0, 20] + name + [0, 0, 0, 1, 0x31] + [0, 0, 0, 1, 0x78, 0, 0, 0, 0]
        #expect(try SFTPGreeting(decoding: extended[...]).extensions == [.hardLink])
        let limits: [UInt8] = [
            0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 3, 0xFC, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ]
        #expect(try SFTPLimits(decoding: limits[...]) == SFTPLimits(read: 261_120, write: 32_768))
    }

    @Test("an answer that ends too early is refused, wherever that is")
    func truncated() {
        for (packet, response) in SFTPCodecTests.answers {
            for count in 0..<packet.count {
                // A message is left out by some servers, and the reply of an extension may have any length.
                if case .outcome = response, count == 9 { continue }
                if case .extendedReply = response, count >= 5 { continue }
                // What follows the message is not read.
                if case .outcome = response, count >= 15 { continue }
                #expect(throws: MalformedBytes.self, "\(response) of \(count) bytes") {
                    try SFTPResponse.decode(packet[..<count])
                }
            }
        }
    }

    @Test("hostile answers are refused or read, and take no more than they hold")
    func hostile() {
        var random = SeededRandom(seed: 5)
        for _ in 0..<20_000 {
            var packet = SFTPCodecTests.answers[Int.random(in: 0..<SFTPCodecTests.answers.count, using: &random)].packet
            for _ in 0..<Int.random(in: 0..<4, using: &random) + 1 {
                let value: UInt8 = [0, 1, 0x7F, 0x80, 0xFF, UInt8(Int.random(in: 0..<256, using: &random))][
                    Int.random(in: 0..<6, using: &random)]
                packet[Int.random(in: 0..<packet.count, using: &random)] = value
            }
            packet.removeLast(Int.random(in: 0..<3, using: &random))
            guard let (_, response) = try? SFTPResponse.decode(packet[...]) else { continue }
            switch response {
            case .data(let bytes), .extendedReply(let bytes): #expect(bytes.count < packet.count)
            case .names(let names): #expect(names.count * 12 <= packet.count)
            case .handle(let handle): #expect(handle.count <= 256)
            case .outcome(let status): #expect(status.message.utf8.allSatisfy { $0 >= 0x20 })
            case .attributes: break
            }
        }
        for _ in 0..<5000 {
            let bytes = random.bytes(Int.random(in: 0..<60, using: &random))
            _ = try? SFTPGreeting(decoding: bytes[...])
            _ = try? SFTPLimits(decoding: bytes[...])
            _ = try? SFTPFreeSpace(decoding: bytes[...])
            _ = try? SFTPResponse.decode(bytes[...])
        }
    }

    @Test("packets come out whole, in whatever pieces the bytes come")
    func stream() throws {
        var random = SeededRandom(seed: 6)
        for _ in 0..<50 {
            let packets = (0..<20).map { _ in random.bytes(Int.random(in: 0..<3000, using: &random) + 1) }
            var bytes: [UInt8] = []
            for packet in packets {
                withUnsafeBytes(of: UInt32(packet.count).bigEndian) { bytes.append(contentsOf: $0) }
                bytes += packet
            }
            var stream = SFTPPacketStream()
            var found: [[UInt8]] = []
            var position = 0
            while position < bytes.count {
                let end = min(position + Int.random(in: 0..<5000, using: &random) + 1, bytes.count)
                bytes[position..<end].withUnsafeBytes { stream.append($0) }
                position = end
                while let packet = try stream.next() { found.append(Array(packet)) }
            }
            #expect(found == packets)
        }
    }

    @Test("a packet of an impossible length is refused before it comes")
    func impossibleLengths() {
        for length in [[0, 0, 0, 0], [0, 0x10, 0, 1], [0xFF, 0xFF, 0xFF, 0xFF], Array("Welc".utf8)] as [[UInt8]] {
            var stream = SFTPPacketStream()
            length.withUnsafeBytes { stream.append($0) }
            #expect(throws: MalformedBytes.self) { try stream.next() }
        }
    }
}

@Suite("The ssh that is run")
struct SSHCommandTests {
    @Test("gets user, port and host so that none can be taken for an option, and can ask nothing")
    func arguments() throws {
        let command = try SSHCommand(
            "ssh -F 'my config'", to: SFTPLocation(user: "u", host: "h", port: 2222, path: "/x"))
        #expect(command.program == "ssh")
        #expect(command.arguments.starts(with: ["-F", "my config", "-o", "BatchMode=yes"]))
        #expect(command.arguments.suffix(8) == ["-p", "2222", "-l", "u", "-s", "--", "h", "sftp"])
        for (user, host) in [("u", "-oProxyCommand=x"), ("-x", "h"), ("u", ""), ("u v", "h"), ("u", "h\n")] {
            #expect(throws: VarveError.self) {
                try SSHCommand("ssh", to: SFTPLocation(user: user, host: host, path: "/x"))
            }
        }
        for words in ["", " ", "ssh 'x", "ssh \\"] {
            #expect(throws: VarveError.self) {
                try SSHCommand(words, to: SFTPLocation(user: nil, host: "h", path: "x"))
            }
        }
    }

    @Test("is split into words as a shell does, without a shell")
    func words() {
        #expect(SSHCommand.words(of: "a  b\tc") == ["a", "b", "c"])
        #expect(
            SSHCommand.words(of: #"a 'b c' "d 'e" f\ g '' "h\"i" 'j\'"#) == [
                "a", "b c", "d 'e", "f g", "", "h\"i", "j\\",
            ])
        #expect(SSHCommand.words(of: "a $(b) `c` ;d") == ["a", "$(b)", "`c`", ";d"])
    }
}
