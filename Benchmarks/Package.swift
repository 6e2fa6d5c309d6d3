// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that nobody who builds or uses Cairn has to fetch and build the benchmark tool.
let package = Package(
    name: "cairn-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "cairn", path: ".."),
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "VDAFBenchmarks",
            dependencies: [
                .product(name: "VDAF", package: "cairn"), .product(name: "Commitments", package: "cairn"),
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "VDAFBenchmarks",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
    ],
    swiftLanguageModes: [.v6]
)
