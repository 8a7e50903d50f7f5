// swift-tools-version: 6.3
import PackageDescription

/// Settings of every Swift target: warnings are errors, imports stay private unless an API shows them.
let house: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// Rooms that decode untrusted bytes: every unsafe expression must be spelled out.
let strict: [SwiftSetting] = house + [.strictMemorySafety()]

/// Settings of the C shims: the compiler's warnings are errors there too.
let shim: [CSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
    name: "sandbox",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "ns-helper", targets: ["NSHelper"]),
        .executable(name: "sandbox-agent", targets: ["SandboxAgent"]),
        .executable(name: "sandbox-server", targets: ["SandboxServer"]),
        .executable(name: "sandboxctl", targets: ["sandboxctl"]),
        .library(name: "HelperClient", targets: ["HelperClient"]),
        .library(name: "SandboxClient", targets: ["SandboxClient"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    ],
    targets: [
        // Privileged system calls. Linked by the helper and by nothing else.
        .target(
            name: "CNamespaceShim",
            cSettings: shim,
            linkerSettings: [.linkedLibrary("cap"), .linkedLibrary("seccomp")]
        ),
        // Records with descriptors, pipes, memfds, peer identity. Needs no privilege.
        .target(name: "CMessageShim", cSettings: shim),
        // Overwrites every block that the server frees.
        .target(name: "CWipingHeap", cSettings: shim),
        .target(name: "HelperProtocol", swiftSettings: strict),
        .target(
            name: "HelperTransport",
            dependencies: ["CMessageShim", "HelperProtocol"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "NSHelper",
            dependencies: ["CMessageShim", "CNamespaceShim", "HelperProtocol", "HelperTransport"],
            swiftSettings: house
        ),
        // What the server and its agent inside the sandbox say to each other.
        .target(name: "AgentProtocol", dependencies: ["HelperProtocol"], swiftSettings: house),
        .target(name: "CAgentShim", cSettings: shim),
        .executableTarget(
            name: "SandboxAgent",
            dependencies: ["AgentProtocol", "CAgentShim", "CMessageShim", "HelperProtocol", "HelperTransport"],
            swiftSettings: house
        ),
        .target(
            name: "HelperClient",
            dependencies: ["CMessageShim", "HelperProtocol", "HelperTransport"],
            swiftSettings: house
        ),
        .target(name: "SandboxAPI", swiftSettings: house),
        .executableTarget(
            name: "SandboxServer",
            dependencies: [
                "AgentProtocol", "CMessageShim", "CWipingHeap", "HelperClient", "HelperProtocol", "HelperTransport",
                "SandboxAPI",
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            // Inside the program: it has no files of its own to read.
            resources: [.embedInCode("OpenAPI/openapi.json")],
            swiftSettings: house
        ),
        .target(
            name: "SandboxClient",
            dependencies: [
                "SandboxAPI",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ],
            swiftSettings: house
        ),
        // The command line for people and scripts.
        .executableTarget(
            name: "sandboxctl",
            dependencies: [
                "HelperClient", "HelperProtocol", "SandboxAPI", "SandboxClient",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "AgentProtocolTests",
            dependencies: ["AgentProtocol", "HelperProtocol"],
            swiftSettings: house
        ),
        .testTarget(name: "HelperProtocolTests", dependencies: ["HelperProtocol"], swiftSettings: house),
        .testTarget(
            name: "HelperTransportTests",
            dependencies: ["CMessageShim", "HelperProtocol", "HelperTransport"],
            swiftSettings: house
        ),
        .testTarget(
            name: "HelperClientTests",
            dependencies: ["CMessageShim", "HelperClient", "HelperProtocol", "HelperTransport"],
            swiftSettings: house
        ),
        .testTarget(
            name: "SandboxServerTests",
            dependencies: [
                "AgentProtocol", "CMessageShim", "CWipingHeap", "HelperClient", "HelperProtocol", "HelperTransport",
                "SandboxAPI", "SandboxAgent", "SandboxClient", "SandboxServer",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "SandboxClientTests",
            dependencies: [
                "SandboxAPI", "SandboxClient",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "NSHelperTests",
            dependencies: ["CNamespaceShim", "HelperProtocol", "HelperTransport", "NSHelper"],
            swiftSettings: house
        ),
        // What tests of a running pair share: programs under test, a pair per test, what /proc says.
        .target(name: "CTestShim", path: "Tests/CTestShim", cSettings: shim),
        .target(
            name: "SandboxTestSupport",
            dependencies: ["CMessageShim", "CTestShim", "HelperClient", "HelperProtocol", "HelperTransport"],
            path: "Tests/SandboxTestSupport",
            swiftSettings: house
        ),
        .testTarget(
            name: "PrivilegeTests",
            dependencies: ["CTestShim", "HelperClient", "HelperProtocol", "HelperTransport", "SandboxTestSupport"],
            exclude: ["Golden"],
            swiftSettings: house
        ),
        .testTarget(
            name: "AttackTests",
            dependencies: ["HelperClient", "HelperProtocol", "SandboxTestSupport"],
            exclude: ["Catalogue"],
            swiftSettings: house
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "HelperClient", "HelperProtocol", "SandboxAPI", "SandboxClient", "SandboxTestSupport", "sandboxctl",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: house
        ),
    ]
)
