// swift-tools-version: 6.2

import PackageDescription

// A package of its own, so that `swift build` and `swift test` of the repository do not build it.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "sluice-benchmarks",
    products: [
        // Preloaded into a process (LD_PRELOAD), so it has to be a shared library.
        .library(name: "AllocationCounter", type: .dynamic, targets: ["AllocationCounter"])
    ],
    dependencies: [
        .package(name: "sluice", path: "../.."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        .target(name: "AllocationCounter", path: "Sources/AllocationCounter"),
        // The pure pipeline in this process: CPU time, memory, allocations. And what each level costs with a PostgreSQL.
        .executableTarget(
            name: "pipeline-benchmark",
            dependencies: [
                .product(name: "SpendAggregatorJob", package: "sluice"),
                .product(name: "Streams", package: "sluice"),
                .product(name: "Schemas", package: "sluice"),
                .product(name: "Connectors", package: "sluice"),
                .product(name: "Postgres", package: "sluice"),
                .product(name: "Archive", package: "sluice"),
                .product(name: "LocalServers", package: "sluice"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/PipelineBenchmark",
            swiftSettings: strict,
            // The services' allocator.
            linkerSettings: [.linkedLibrary("mimalloc")]
        ),
        // Feeds of products: reading, unifying, validating.
        .executableTarget(
            name: "catalog-benchmark",
            dependencies: [.product(name: "Catalog", package: "sluice")],
            path: "Sources/CatalogBenchmark",
            swiftSettings: strict
        ),
        // The service as it is shipped, between a real broker and PostgreSQL.
        .executableTarget(
            name: "service-benchmark",
            dependencies: [
                .product(name: "LocalServers", package: "sluice"),
                .product(name: "Postgres", package: "sluice"),
                .product(name: "Kafka", package: "sluice"),
                .product(name: "Schemas", package: "sluice"),
                .product(name: "Streams", package: "sluice"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/ServiceBenchmark",
            swiftSettings: strict
        ),
    ]
)
