import Testing

@testable import Primitives

@Suite struct KernelLevelTests {
    @Test func theFastestIsChosenWhereNoneIsNamed() throws {
        #expect(try KernelLevel.select(nil, among: [.portable, .ssse3, .avx2]) == .avx2)
        #expect(try KernelLevel.select("", among: [.portable, .neon]) == .neon)
        #expect(try KernelLevel.select(nil, among: [.portable]) == .portable)
    }

    @Test func aNameForcesALevel() throws {
        for level in KernelLevel.available {
            #expect(try KernelLevel.select(level.rawValue, among: KernelLevel.available) == level)
        }
    }

    @Test(arguments: ["avx2", "AVX512", "fast", " ssse3"])
    func whatIsNotHereIsAnError(name: String) throws {
        let error = try #require(throws: VarveError.self) {
            try KernelLevel.select(name, among: [.portable, .ssse3])
        }
        #expect(error.kind == .usage)
        #expect(error.problem.contains(name))
        #expect(error.advice == "available here: portable, ssse3")
    }

    @Test func plainSwiftIsAlwaysThereAndTheLastChoice() {
        #expect(KernelLevel.available.first == .portable)
        #expect(KernelLevel.available.contains(KernelLevel.chosen))
    }
}
