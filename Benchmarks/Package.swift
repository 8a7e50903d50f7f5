// swift-tools-version: 6.3
import PackageDescription

// A package of its own: whoever builds the sandbox need not build what measures it.
let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "sandbox", path: "..")],
    targets: [
        .executableTarget(
            name: "Benchmark",
            dependencies: [.product(name: "HelperClient", package: "sandbox")],
            swiftSettings: [
                .treatAllWarnings(as: .error),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
            ]
        )
    ]
)
