import CommandLineSupport
import Glibc
import Testing

struct StandardOutputTests {
    @Test func keepsLinesUntilFlushed() throws {
        let pipe = Pipe()
        let output = StandardOutput(descriptor: pipe.writing)
        try output.writeLine("one")
        try output.writeLine(["two": 2])
        try output.write("three\n")
        #expect(pipe.available() == "")
        try output.flush()
        #expect(pipe.available() == "one\n{\"two\":2}\nthree\n")
        try output.flush()
        #expect(pipe.available() == "")
    }

    @Test func writesAFullBufferByItself() throws {
        let pipe = Pipe()
        let output = StandardOutput(descriptor: pipe.writing)
        let line = String(repeating: "x", count: 1023)
        for _ in 0..<63 { try output.writeLine(line) }
        #expect(pipe.available() == "")
        try output.writeLine(line)
        #expect(pipe.available() == String(repeating: line + "\n", count: 64))
    }

    @Test func largeBytesComeAfterWhatIsBuffered() throws {
        let pipe = Pipe()
        // A pipe that does not block makes write(2) refuse; the output waits then.
        #expect(fcntl(pipe.writing, F_SETFL, O_NONBLOCK) == 0)
        let output = StandardOutput(descriptor: pipe.writing)
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let writer = onThread {
            #expect(throws: Never.self) {
                try output.write("head")
                try bytes.withUnsafeBytes { try output.write($0) }
                try bytes[..<10].withUnsafeBytes { try output.write($0) }
                try output.flush()
            }
        }
        #expect(pipe.read(count: 1_000_014) == Array("head".utf8) + bytes + bytes[..<10])
        pthread_join(writer, nil)
    }

    @Test func linesOfManyThreadsNeverMix() throws {
        let pipe = Pipe()
        let output = StandardOutput(descriptor: pipe.writing)
        let threads = (0..<4).map { number in
            onThread {
                #expect(throws: Never.self) {
                    for _ in 0..<2000 { try output.writeLine(String(repeating: "\(number)", count: 100)) }
                    try output.flush()
                }
            }
        }
        let lines = pipe.read(count: 4 * 2000 * 101).split(separator: 0x0a)
        for thread in threads { pthread_join(thread, nil) }
        #expect(lines.count == 8000 && lines.allSatisfy { $0.count == 100 && Set($0).count == 1 })
    }

    @Test func closedPipeIsAnErrorAndNoSignal() async {
        await #expect(processExitsWith: .success) {
            signal(SIGPIPE, SIG_DFL)
            var ends: [Int32] = [-1, -1]
            #expect(pipe(&ends) == 0)
            close(ends[0])
            let output = StandardOutput(descriptor: ends[1])
            try output.writeLine("kept")
            for _ in 0..<2 {
                let error = #expect(throws: OutputError.self) { try output.flush() }
                #expect(error?.isClosedPipe == true)
            }
            #expect(throws: OutputError.self) { try output.writeLine("too late") }
            // Neither is a signal left that would strike later, nor is the signal held back for good.
            var set = sigset_t()
            sigpending(&set)
            #expect(sigismember(&set, SIGPIPE) == 0)
            pthread_sigmask(SIG_BLOCK, nil, &set)
            #expect(sigismember(&set, SIGPIPE) == 0)
        }
    }

    @Test func namesWhatFailed() {
        let descriptor = open("/dev/full", O_WRONLY | O_CLOEXEC)
        defer { close(descriptor) }
        let output = StandardOutput(descriptor: descriptor)
        let error = #expect(throws: OutputError.self) {
            try output.write("x")
            try output.flush()
        }
        #expect(error?.description == "cannot write to descriptor \(descriptor): No space left on device")
        #expect(error?.isClosedPipe == false)
    }
}
