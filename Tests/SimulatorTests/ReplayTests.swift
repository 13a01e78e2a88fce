import Glibc
import Testing

/// One seed plays the same run again, in another process too.
struct ReplayTests {
    /// What `varve-simulate`, which is built beside the tests, prints.
    private func simulate(_ arguments: String) throws -> (output: String, status: Int32) {
        var path = [CChar](repeating: 0, count: 4096)
        let length = path.withUnsafeMutableBufferPointer { path in
            path.baseAddress.map { readlink("/proc/self/exe", $0, path.count - 1) } ?? -1
        }
        try #require(length > 0)
        let test = String(decoding: path.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        let folder = test.split(separator: "/").dropLast().joined(separator: "/")
        let pipe = try #require(popen("'/\(folder)/varve-simulate' \(arguments)", "r"))
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 { output += buffer[..<count] }
        return (String(decoding: output, as: UTF8.self), pclose(pipe))
    }

    @Test func aSeedDoesTheSameInEveryProcess() throws {
        for seed in [3, 4, 5] {
            let first = try simulate("--seed \(seed) --trace")
            let second = try simulate("--seed \(seed) --trace")
            #expect(first.status == 0)
            #expect(first.output == second.output)
            #expect(first.output.split(separator: "\n").count > 100)
        }
    }

    @Test func secondPlacesAndFilesAreReplayedToo() throws {
        let (output, status) = try simulate("--seeds 40 --twice")
        #expect(status == 0, "\(output)")
        #expect(output.contains("a sync that copies snapshots") && output.contains("a backup of files"))
    }

    @Test func seedsDoDifferentThings() throws {
        #expect(try simulate("--seed 3 --trace").output != simulate("--seed 4 --trace").output)
    }

    /// Runs leave nothing behind in memory, however their processes ended.
    @Test func manyRunsTakeNoMoreMemoryThanSome() throws {
        let output = try simulate("--seeds 90").output
        let line = try #require(output.split(separator: "\n").first { $0.contains("memory:") })
        let numbers = line.split(separator: " ").compactMap { Int($0) }
        try #require(numbers.count == 3)
        #expect(numbers[0] > 0 && numbers[2] < numbers[0] + 20, "\(line)")
    }

    @Test func aFailureNamesItsSeed() throws {
        let (output, status) = try simulate("--seeds 300 --breach loses-packs")
        #expect(status != 0)
        #expect(output.contains("tools/simulate --seed "))
    }
}
