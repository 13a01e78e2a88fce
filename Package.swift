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
        .executable(name: "varve-simulate", targets: ["varve-simulate"]),
    ],
    targets: [
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),
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
        module("Sealing", ["Primitives", "COpenSSL", "CSodium"]),
        module("Packing", ["Primitives"]),
        module("Transfers", ["Primitives", "Threads", "FileIO", "CCurl"]),
        module("Backends", ["Primitives", "Threads", "FileIO"]),
        module(
            "RemoteBackends",
            [
                "Primitives", "Threads", "FileIO", "Sourcing", "Hashing", "Transfers", "Backends", "COpenSSL",
                "CExpat", "CLinux",
            ]),
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
            "Tiers",
            [
                "Primitives", "Threads", "FileIO", "Hashing", "Indexing", "Sealing", "Packing", "Backends",
                "Repositories", "Snapshots", "Maintenance",
            ]),
        module(
            "VarveKit",
            [
                "Primitives", "Threads", "FileIO", "Sourcing", "Chunking", "Hashing", "Indexing", "Compressing",
                "Sealing", "Packing", "Transfers", "Backends", "RemoteBackends", "Repositories", "Snapshots",
                "Maintenance", "Tiers",
            ]),
        module("CommandLineSupport", []),
        .executableTarget(name: "varve", dependencies: ["VarveKit", "CommandLineSupport"], swiftSettings: settings),
        .executableTarget(
            name: "varve-bench",
            dependencies: [
                "CLinux", "COpenSSL", "CZstd", "Primitives", "Threads", "FileIO", "Chunking", "Hashing", "Indexing",
                "Compressing", "Sealing", "Packing", "Snapshots", "CommandLineSupport", "SeededData", "HostileStreams",
            ],
            path: "Benchmarks/Kernels", swiftSettings: settings),

        // Made-up data, the same for the same seed, for tests and benchmarks.
        .target(
            name: "SeededData", dependencies: ["Primitives"], path: "Benchmarks/SeededData", swiftSettings: settings),
        // What a chunker has most work with, for tests and benchmarks.
        .target(
            name: "HostileStreams", dependencies: ["Chunking"], path: "Benchmarks/HostileStreams",
            swiftSettings: settings),

        // What several tests share. These hold no test, and are targets for tests so that nothing else can depend on them.
        .testTarget(name: "FormatVectors", dependencies: ["Primitives"], swiftSettings: settings),
        .testTarget(name: "TemporaryFolders", dependencies: ["FileIO"], swiftSettings: settings),
        .testTarget(
            name: "TestSupport",
            dependencies: [
                "Primitives", "Threads", "FileIO", "Sourcing", "Chunking", "Hashing", "Indexing", "Sealing", "Packing",
                "Backends", "Repositories", "Snapshots", "Maintenance", "SeededData",
            ],
            swiftSettings: settings),
        // The real code against a simulated storage, on threads that take turns by a seed.
        .target(
            name: "Simulator",
            dependencies: [
                "Primitives", "Threads", "FileIO", "Chunking", "Hashing", "Sealing", "Packing", "Backends",
                "Repositories",
                "Snapshots", "Maintenance", "Tiers", "SeededData",
            ],
            path: "Tests/Simulator", swiftSettings: settings),
        .executableTarget(
            name: "varve-simulate", dependencies: ["FileIO", "Simulator"], path: "Tests/SimulatorProgram",
            swiftSettings: settings),
        .testTarget(
            name: "SimulatorTests", dependencies: ["Simulator", "Threads", "FileIO", "TemporaryFolders"],
            swiftSettings: settings),
        // The kernel for vectors of 64 bytes, built for every CPU, so that its logic is tested where AVX-512 is not.
        .target(name: "CWideKernel", dependencies: ["CKernels"], path: "Tests/CWideKernel"),
        tests(of: "Primitives", and: ["SeededData", "FormatVectors"]),
        tests(of: "Threads"),
        tests(of: "FileIO", and: ["SeededData", "TemporaryFolders"]),
        tests(of: "Sourcing", and: ["SeededData", "Threads"]),
        tests(
            of: "Chunking",
            and: [
                "Primitives", "CKernels", "CWideKernel", "HostileStreams", "Hashing", "SeededData", "FormatVectors",
            ]),
        tests(of: "Hashing", and: ["SeededData", "FormatVectors"]),
        tests(of: "Indexing", and: ["SeededData", "TemporaryFolders"]),
        tests(of: "Compressing", and: ["SeededData"]),
        tests(of: "Sealing", and: ["SeededData", "FormatVectors"]),
        tests(of: "Packing", and: ["SeededData", "FormatVectors"]),
        tests(of: "Backends", and: ["SeededData", "TemporaryFolders", "BackendConformance"]),
        // Real servers that tests start on this machine and stop, and an HTTP server that misbehaves.
        .testTarget(
            name: "TestServers", dependencies: ["Primitives", "Threads", "FileIO", "CLinux"],
            exclude: ["openstack-swift.py"], swiftSettings: settings),
        // What every backend promises, as tests.
        .testTarget(
            name: "BackendConformance",
            dependencies: ["Primitives", "Threads", "FileIO", "Backends", "SeededData", "TemporaryFolders"],
            swiftSettings: settings),
        tests(of: "Transfers", and: ["SeededData", "TemporaryFolders", "TestServers"]),
        tests(
            of: "RemoteBackends",
            and: ["Hashing", "SeededData", "TemporaryFolders", "TestServers", "BackendConformance"]),
        tests(of: "Repositories", and: ["SeededData", "FormatVectors", "TemporaryFolders", "TestSupport"]),
        tests(of: "Snapshots", and: ["SeededData", "FormatVectors", "TemporaryFolders", "TestSupport"]),
        tests(of: "Maintenance", and: ["SeededData", "FormatVectors", "TemporaryFolders", "TestSupport"]),
        tests(of: "Tiers", and: ["SeededData", "TemporaryFolders", "TestSupport"]),
        tests(of: "VarveKit", and: ["TemporaryFolders", "TestSupport"]),
        tests(of: "CommandLineSupport", and: ["SeededData"]),
        // What tools/fuzz runs, for it and for the tests that replay its seeds.
        .target(
            name: "FuzzTargets",
            dependencies: ["Primitives", "Sealing", "Packing", "Backends", "Repositories", "Snapshots"],
            path: "Tests/FuzzTargets", swiftSettings: settings),
        .testTarget(
            name: "FuzzTests", dependencies: ["FuzzTargets", "SeededData"], swiftSettings: settings),
        .testTarget(
            name: "EndToEndTests", dependencies: ["CLinux", "FileIO", "SeededData", "TestServers"],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)

// For tools/fuzz alone, which says where libFuzzer is.
if let library = Context.environment["VARVE_FUZZER_LIBRARY"] {
    package.targets.append(
        .executableTarget(
            name: "varve-fuzz", dependencies: ["FuzzTargets"], path: "Tests/FuzzEntry", swiftSettings: settings,
            linkerSettings: [.unsafeFlags(["-Xlinker", library]), .linkedLibrary("stdc++"), .linkedLibrary("m")]))
}
