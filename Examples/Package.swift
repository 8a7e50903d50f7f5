// swift-tools-version: 6.3
import PackageDescription

// A package of its own, as that of somebody who uses the client is.
let package = Package(
    name: "examples",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "sandbox", path: "..")],
    targets: [
        .executableTarget(name: "FirstSteps", dependencies: [.product(name: "SandboxClient", package: "sandbox")]),
        .executableTarget(name: "BuildWatcher", dependencies: [.product(name: "SandboxClient", package: "sandbox")]),
    ]
)
