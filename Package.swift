// swift-tools-version: 6.2
import PackageDescription

/// Warnings are errors everywhere; strict concurrency comes with the Swift 6 language mode.
let settings: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// A module of the data path or of what stands above it; see `ARCHITECTURE.md` for the map.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests that stand beside a module.
func tests(of name: String, and others: [Target.Dependency] = []) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: [.init(stringLiteral: name)] + others, swiftSettings: settings)
}

let package = Package(
    name: "varve",
    products: [
        .executable(name: "varve", targets: ["varve"]),
        .library(name: "VarveKit", targets: ["VarveKit"]),
        .executable(name: "varve-bench", targets: ["varve-bench"]),
    ],
    targets: [
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CLinux"),
        .target(name: "CKernels"),

        module("Primitives", ["CKernels"]),
        module("Threads", ["Primitives", "CLinux"]),
        module("FileIO", ["Primitives", "CLinux"]),
        module("Sourcing", ["Primitives", "FileIO", "CLinux"]),
        module("Chunking", ["Primitives", "CKernels"]),
        module("Hashing", ["Primitives", "CKernels", "COpenSSL"]),
        module("Indexing", ["Primitives", "Threads", "FileIO"]),
        module("Compressing", ["Primitives", "CZstd"]),
        module("Sealing", ["Primitives", "COpenSSL"]),
        module("Packing", ["Primitives"]),
        module("Backends", ["Primitives", "Threads", "FileIO"]),
        module(
            "Repositories",
            [
                "Primitives", "Threads", "FileIO", "Chunking", "Hashing", "Indexing", "Compressing", "Sealing",
                "Packing", "Backends",
            ]),
        module(
            "Snapshots",
            [
                "Primitives", "Threads", "FileIO", "Sourcing", "Chunking", "Hashing", "Indexing", "Compressing",
                "Packing", "Backends", "Repositories",
            ]),
        module(
            "Maintenance",
            [
                "Primitives", "Threads", "FileIO", "Chunking", "Hashing", "Indexing", "Sealing", "Packing", "Backends",
                "Repositories", "Snapshots",
            ]),
        module(
            "VarveKit",
            [
                "Primitives", "Threads", "FileIO", "Sourcing", "Chunking", "Hashing", "Indexing", "Compressing",
                "Sealing", "Packing", "Backends", "Repositories", "Snapshots", "Maintenance",
            ]),
        module("CommandLineSupport", []),
        .executableTarget(name: "varve", dependencies: ["VarveKit", "CommandLineSupport"], swiftSettings: settings),
        .executableTarget(
            name: "varve-bench",
            dependencies: [
                "CLinux", "COpenSSL", "CZstd", "Primitives", "Threads", "FileIO", "Chunking", "Hashing", "Indexing",
                "Compressing", "Sealing", "Packing", "Snapshots", "CommandLineSupport", "HostileStreams",
            ],
            path: "Benchmarks/Kernels", swiftSettings: settings),

        // What several tests share. It holds no test, and is a target for tests so that nothing else can depend on it.
        .testTarget(
            name: "TestSupport",
            dependencies: [
                "Primitives", "Threads", "FileIO", "Sourcing", "Chunking", "Hashing", "Indexing", "Sealing", "Packing",
                "Backends", "Repositories", "Snapshots", "Maintenance",
            ],
            path: "Tests/TestSupport", swiftSettings: settings),
        tests(of: "Primitives"),
        tests(of: "Threads"),
        tests(of: "FileIO"),
        tests(of: "Sourcing"),
        // The kernel for vectors of 64 bytes, built for every CPU, so that its logic is tested where AVX-512 is not.
        .target(name: "CWideKernel", dependencies: ["CKernels"], path: "Tests/CWideKernel"),
        // What a chunker has most work with, for tests and benchmarks.
        .target(
            name: "HostileStreams", dependencies: ["Chunking"], path: "Benchmarks/HostileStreams",
            swiftSettings: settings),
        tests(of: "Chunking", and: ["Primitives", "CKernels", "CWideKernel", "HostileStreams", "Hashing"]),
        tests(of: "Hashing"),
        tests(of: "Indexing"),
        tests(of: "Compressing"),
        tests(of: "Sealing"),
        tests(of: "Packing"),
        tests(of: "Backends"),
        tests(of: "Repositories", and: ["TestSupport"]),
        tests(of: "Snapshots", and: ["TestSupport"]),
        tests(of: "Maintenance", and: ["TestSupport"]),
        tests(of: "VarveKit", and: ["TestSupport"]),
        tests(of: "CommandLineSupport"),
        .testTarget(name: "EndToEndTests", swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
