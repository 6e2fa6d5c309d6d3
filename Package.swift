// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "cairn",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "VDAF", targets: ["VDAF"]),
        .library(name: "Ristretto255", targets: ["Ristretto255"]),
        .library(name: "Commitments", targets: ["Commitments"]),
        .library(name: "ZeroKnowledge", targets: ["ZeroKnowledge"]),
        .library(name: "TransparencyLog", targets: ["TransparencyLog"]),
        .library(name: "DAP", targets: ["DAP"]),
        .library(name: "TaskTypes", targets: ["TaskTypes"]),
        .library(name: "Tasks", targets: ["Tasks"]),
        .library(name: "Contributor", targets: ["Contributor", "Wallet"]),
        .executable(name: "cairn", targets: ["cairn"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: [
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        .systemLibrary(
            name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),

        .target(name: "Encodings"),
        .target(name: "Secrets", dependencies: ["COpenSSL"]),
        .target(name: "DurableFiles"),
        .target(name: "InputFiles", dependencies: ["DurableFiles", "Encodings"]),
        .target(
            name: "ChildProcesses", dependencies: [.product(name: "Subprocess", package: "swift-subprocess")]),
        .target(name: "PostgresServer", dependencies: ["CPostgres", "ChildProcesses"]),
        .target(name: "CKeccak"),
        .target(name: "CEdwards25519", dependencies: ["CKeccak"]),
        .target(name: "Hashing", dependencies: ["CKeccak", "COpenSSL"]),
        .target(name: "Parallel"),
        .target(name: "VDAF", dependencies: ["CKeccak", "Hashing", "Parallel", "Secrets"]),
        .target(name: "Ristretto255", dependencies: ["CEdwards25519", "CKeccak", "Hashing", "Parallel", "Secrets"]),
        .target(name: "Ed25519", dependencies: ["Hashing", "Parallel", "Ristretto255"]),
        .target(
            name: "Commitments", dependencies: ["DurableFiles", "Hashing", "Parallel", "VDAF", "Ristretto255"]),
        .target(
            name: "ZeroKnowledge",
            dependencies: ["COpenSSL", "Hashing", "Parallel", "Secrets", "Ristretto255", "Commitments"]),
        .target(
            name: "TransparencyLog",
            dependencies: ["DurableFiles", "Encodings", .product(name: "Crypto", package: "swift-crypto")]),
        .target(
            name: "DAP",
            dependencies: ["Encodings", .product(name: "Crypto", package: "swift-crypto")]),
        .target(
            name: "TaskTypes",
            dependencies: ["Encodings", "VDAF", "Ristretto255", "Commitments", "DAP"]),
        .target(
            name: "Tasks",
            dependencies: [
                "Encodings", "Parallel", "VDAF", "Ed25519", "Commitments", "DAP", "TaskTypes",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(
            name: "Ledger",
            dependencies: [
                "Encodings", "Parallel", "VDAF", "Ed25519", "TransparencyLog", "DAP", "TaskTypes", "Tasks",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(
            name: "NodeAPI",
            dependencies: [
                "Encodings", "TransparencyLog", "DAP", "Ledger", .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(
            name: "Datastore",
            dependencies: [
                "CPostgres", "DAP", "DurableFiles", "TaskTypes", "Tasks", "Ledger",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .target(
            name: "Transport",
            dependencies: [
                "Encodings", "InputFiles",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        .target(
            name: "Requests",
            dependencies: [
                "Encodings", "TransparencyLog", "DAP", "NodeAPI", "Transport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        .target(
            name: "AggregatorNode",
            dependencies: [
                "Secrets", "DurableFiles", "InputFiles", "Encodings", "Ed25519", "TransparencyLog", "DAP",
                "TaskTypes", "Tasks",
                "Ledger", "NodeAPI",
                "Datastore", "Requests", "Transport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ]),
        .target(name: "TensorFiles", dependencies: ["Encodings"]),
        .target(
            name: "SharedModel",
            dependencies: [
                "Encodings", "InputFiles", "VDAF", "TensorFiles", .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(
            name: "Wallet",
            dependencies: [
                "Secrets", "DAP", "TaskTypes", "Tasks", "DurableFiles", "Encodings", "InputFiles",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ]),
        .target(
            name: "Contributor",
            dependencies: [
                "Secrets", "DurableFiles", "InputFiles", "Encodings", "TransparencyLog", "DAP", "TaskTypes", "Tasks",
                "Ledger", "NodeAPI", "Requests", "Transport", "Wallet", "SharedModel",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        .target(
            name: "Credit",
            dependencies: [
                "DurableFiles", "Encodings", "Parallel", "VDAF", "Ristretto255", "Ed25519", "Commitments",
                "ZeroKnowledge", "TransparencyLog", "DAP", "TaskTypes", "Tasks", "Ledger",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(
            name: "Owner",
            dependencies: [
                "Encodings", "TransparencyLog", "DAP", "TaskTypes", "Tasks", "Ledger", "Contributor", "Credit",
                "TensorFiles", "SharedModel", "Transport", .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(name: "VectorCheck", dependencies: ["VDAF"]),
        .target(
            name: "Bench",
            dependencies: [
                "DurableFiles", "Hashing", "CKeccak", "Encodings", "Parallel", "VDAF", "Ristretto255", "Commitments",
                "ZeroKnowledge", "TransparencyLog", "DAP", "TaskTypes", "Tasks", "Ledger", "NodeAPI", "Requests",
                "Contributor", "Credit",
                "SharedModel",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .executableTarget(
            name: "cairn",
            dependencies: [
                "Encodings", "VDAF", "Ristretto255", "Commitments", "TransparencyLog", "DAP", "TaskTypes", "Tasks",
                "Ledger", "Datastore", "AggregatorNode", "Contributor", "Credit", "Owner", "TensorFiles",
                "SharedModel", "VectorCheck", "Bench",
                "Wallet", "DurableFiles", "InputFiles", "Parallel", "ChildProcesses", "PostgresServer", "Transport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ]),

        .testTarget(name: "EncodingsTests", dependencies: ["Encodings", "ChildProcesses"]),
        .testTarget(name: "SecretsTests", dependencies: ["Secrets"]),
        .testTarget(name: "HashingTests", dependencies: ["Hashing", "TestSupport"]),
        .testTarget(name: "DurableFilesTests", dependencies: ["DurableFiles", "TestSupport"]),
        .testTarget(name: "InputFilesTests", dependencies: ["InputFiles", "Encodings", "TestSupport"]),
        .testTarget(name: "ChildProcessesTests", dependencies: ["ChildProcesses", "TestSupport"]),
        .testTarget(name: "VDAFTests", dependencies: ["Hashing", "TestSupport", "VDAF", "VectorCheck"]),
        .testTarget(
            name: "Ristretto255Tests",
            dependencies: ["TestSupport", "Hashing", "Ristretto255", "CEdwards25519", "CSodium"]),
        .target(name: "SignatureCases", dependencies: ["CSodium", "Ed25519"], path: "Tests/SignatureCases"),
        .testTarget(
            name: "Ed25519Tests",
            dependencies: [
                "Ed25519", "Ristretto255", "SignatureCases", "TestSupport", "CSodium",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .testTarget(name: "CommitmentsTests", dependencies: ["TestSupport", "Commitments", "VDAF", "Ristretto255"]),
        .testTarget(
            name: "ZeroKnowledgeTests",
            dependencies: [
                "TestSupport", "ZeroKnowledge", "Encodings", "Hashing", "VDAF", "Ristretto255", "Commitments",
            ]),
        .testTarget(
            name: "TransparencyLogTests",
            dependencies: [
                "Encodings", "TransparencyLog", "SumDB", "TestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .testTarget(
            name: "DAPTests",
            dependencies: [
                "TestSupport", "DAP", "TaskTypes", "Tasks", "Encodings", "VDAF", "Commitments", "Ristretto255",
                "SignatureCases",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(
            name: "LedgerFixtures",
            dependencies: [
                "Ledger", "DAP", "TaskTypes", "Tasks", "TransparencyLog",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            path: "Tests/LedgerFixtures"),
        .testTarget(
            name: "LedgerTests",
            dependencies: [
                "Ed25519", "Ledger", "LedgerFixtures", "DAP", "TaskTypes", "Tasks", "SignatureCases", "TransparencyLog",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .testTarget(
            name: "CreditTests",
            dependencies: [
                "Credit", "Encodings", "Ledger", "LedgerFixtures", "DAP", "TaskTypes", "Tasks", "TransparencyLog",
                "ZeroKnowledge",
                "Ristretto255", "Commitments",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(name: "TestPorts", path: "Tests/TestPorts"),
        .target(
            name: "FaultProxy",
            dependencies: [
                "DAP", "TestSupport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ], path: "Tests/FaultProxy"),
        .target(name: "TestSupport", dependencies: ["ChildProcesses", "Encodings"], path: "Tests/TestSupport"),
        .target(
            name: "PostgresCluster", dependencies: ["PostgresServer", "ChildProcesses", "TestSupport"],
            path: "Tests/PostgresCluster"),
        .target(name: "SumDB", dependencies: ["TestSupport"], path: "Tests/SumDB", exclude: ["main.go"]),
        .testTarget(name: "WalletTests", dependencies: ["Wallet", "DAP", "TaskTypes", "Encodings", "TestSupport"]),
        .testTarget(
            name: "ContributorTests",
            dependencies: [
                "Contributor", "Wallet", "DAP", "TaskTypes", "Tasks", "Encodings", "Ledger", "LedgerFixtures",
                "TestSupport", "TransparencyLog", "Transport",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .testTarget(
            name: "OwnerTests",
            dependencies: [
                "Owner", "Contributor", "Credit", "DAP", "TaskTypes", "Tasks", "Encodings", "Ledger", "LedgerFixtures",
                "SharedModel", "TensorFiles", "TransparencyLog", .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .testTarget(
            name: "DatastoreTests",
            dependencies: [
                "PostgresCluster", "TestSupport", "Datastore", "DAP", "TaskTypes", "Tasks", "Ledger",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "AggregatorNodeTests",
            dependencies: [
                "TestPorts", "TestSupport", "PostgresCluster", "FaultProxy", "AggregatorNode", "Contributor",
                "DurableFiles", "Encodings", "Datastore", "DAP", "TaskTypes", "Tasks", "Ledger", "NodeAPI", "Requests",
                "TransparencyLog",
                "Transport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .testTarget(name: "NodeAPITests", dependencies: ["NodeAPI", "DAP"]),
        .testTarget(name: "TransportTests", dependencies: ["Transport"]),
        .testTarget(
            name: "ProtocolTests",
            dependencies: [
                "TestSupport", "Encodings", "VDAF", "Commitments", "DAP", "TaskTypes", "Tasks", "Ed25519",
                "Ledger", "Ristretto255",
                "SignatureCases",
                "TransparencyLog", "Wallet", "ZeroKnowledge", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ]),
        .target(
            name: "PythonExchange", dependencies: ["TestSupport"], path: "Tests/PythonExchange",
            exclude: ["exchange.py"]),
        .testTarget(name: "TensorFilesTests", dependencies: ["TestSupport", "TensorFiles", "PythonExchange"]),
        .testTarget(
            name: "SharedModelTests", dependencies: ["SharedModel", "TensorFiles", "PythonExchange", "TestSupport"]),
        .testTarget(
            name: "BenchTests",
            dependencies: [
                "Hashing", "TestSupport", "Bench", "ChildProcesses", "PostgresServer", "VDAF", "Commitments",
                "DAP", "TaskTypes", "Tasks",
                "SharedModel",
            ]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "TestPorts", "TestSupport", "FaultProxy", "ChildProcesses", "Contributor", "Wallet", "Encodings", "DAP",
                "TaskTypes", "Tasks",
                "Ledger", "LedgerFixtures", "NodeAPI", "Requests", "TransparencyLog", "Commitments", "SumDB",
                "PythonExchange", "VDAF", "TensorFiles", "SharedModel", "AggregatorNode", "Datastore",
                "PostgresCluster", "cairn",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)

// The fuzzer is a build of its own, with sanitizers that the one build must not have. `Scripts/fuzz.sh` asks for it, and
// then the package is the fuzzer and what it needs: other targets would bring their dependencies and plugins with them.
if Context.environment["CAIRN_FUZZING"] == "1" {
    let decoding = [
        "Secrets", "Hashing", "DurableFiles", "InputFiles", "Encodings", "VDAF", "Ristretto255", "Ed25519",
        "Commitments", "ZeroKnowledge",
        "TransparencyLog", "DAP", "TaskTypes", "Tasks", "Ledger",
        "Credit", "TensorFiles", "SharedModel", "VectorCheck", "Wallet",
    ]
    package.products = []
    package.targets.removeAll { !(decoding + ["COpenSSL", "CKeccak", "CEdwards25519", "Parallel"]).contains($0.name) }
    package.targets.append(
        .executableTarget(
            name: "Fuzzer",
            dependencies: decoding.map { .target(name: $0) } + [.product(name: "Crypto", package: "swift-crypto")],
            path: "Fuzzing"))
}
