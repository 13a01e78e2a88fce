import Backends
import Primitives
import Testing

/// A promise that every backend keeps, as a test that is given a backend without objects.
///
/// A new backend is tested by one parameterized test over ``all``.
package struct BackendConformance: Sendable, CustomTestStringConvertible {
    package let testDescription: String
    package let check: @Sendable (BackendUnderTest) throws -> Void

    package init(_ description: String, _ check: @escaping @Sendable (BackendUnderTest) throws -> Void) {
        testDescription = description
        self.check = check
    }

    package static let all = configuration + objects + listings + concurrency + endings

    private static let configuration = [
        BackendConformance("config is not there before it is written, and never changes after") { test throws in
            #expect(try test.backend.readConfiguration() == nil)
            try test.backend.writeConfiguration([1, 2, 3])
            #expect(try test.backend.readConfiguration() == [1, 2, 3])
            for bytes: [UInt8] in [[4, 5, 6], [1, 2, 3], []] {
                let error = try test.failure { try test.backend.writeConfiguration(bytes) }
                #expect(error?.kind == .repositoryExists)
                #expect(error?.problem.contains(test.backend.location) == true)
            }
            #expect(try test.backend.readConfiguration() == [1, 2, 3])
        },
        BackendConformance("config may have 65,536 bytes") { test throws in
            let largest = content(1, count: 1 << 16)
            try test.backend.writeConfiguration(largest)
            #expect(try test.backend.readConfiguration() == largest)
        },
        BackendConformance("a config that is too large is damage") { test throws in
            try test.backend.writeConfiguration(content(1, count: (1 << 16) + 1))
            let error = try test.failure { try test.backend.readConfiguration() }
            #expect(error?.kind == .damaged && error?.problem.contains("config") == true)
        },
        BackendConformance("what is made ready twice is ready, with all that is in it") { test throws in
            try test.backend.writeConfiguration([1])
            let name = try test.put([1, 2, 3])
            try test.backend.createLayout()
            try test.backend.prepareForWriting()
            #expect(try test.backend.readConfiguration() == [1])
            #expect(try test.backend.read(name) == [1, 2, 3])
        },
        BackendConformance("the place has a name") { test throws in #expect(!test.backend.location.isEmpty) },
    ]
}
