import Logging
import Testing

@testable import SandboxServer

@Suite struct ServerConfigurationTests {
    private func read(_ settings: [String: String], missing: Set<String> = []) throws -> ServerConfiguration {
        let environment = Dictionary(uniqueKeysWithValues: settings.map { ("SANDBOX_SERVER_\($0.key)", $0.value) })
        return try ServerConfiguration(environment: environment) { !missing.contains($0) }
    }

    @Test func `nothing set gives the defaults`() throws {
        #expect(try read([:]) == ServerConfiguration())
    }

    @Test func `a missing default shell is replaced, a missing chosen one is an error`() throws {
        #expect(try read([:], missing: ["/bin/bash"]).shell == "/bin/sh")
        #expect(throws: StartupError.self) { _ = try read(["SHELL": "/bin/zsh"], missing: ["/bin/zsh"]) }
    }

    @Test func `every setting is read`() throws {
        let settings = [
            "SHELL": "/bin/dash", "COMMAND_TIMEOUT_MS": "1", "GRACE_MS": "2", "OUTPUT_LIMIT_BYTES": "3",
            "BODY_LIMIT_BYTES": "4096", "COMMAND_LIMIT_BYTES": "5", "ENV_LIMIT_BYTES": "6",
            "NEUTRAL_VARIABLES": "A, B_*", "ACCESS_TOKEN_FILE": "/etc/token", "MAX_CONNECTIONS": "7",
            "MAX_LOOPBACK_CONNECTIONS": "8", "MAX_REFUSED_CONNECTIONS": "9", "HEADER_TIMEOUT_MS": "100",
            "IDLE_TIMEOUT_MS": "101", "BODY_TIMEOUT_MS": "102", "LOG_LEVEL": "debug",
            "CORS_ORIGINS": "https://a.example:8443, http://[::1]", "MAX_CONTEXTS": "9",
            "KERNEL_POOL": "python=2,bash=0",
        ]
        let read = try read(settings)
        #expect(read.shell == "/bin/dash" && read.commandTimeoutMilliseconds == 1 && read.graceMilliseconds == 2)
        #expect(read.outputLimitBytes == 3 && read.bodyLimitBytes == 4096 && read.commandLimitBytes == 5)
        #expect(read.environmentLimitBytes == 6 && read.neutralVariables == ["A", "B_*"])
        #expect(read.accessTokenFile == "/etc/token" && read.maximumConnections == 7)
        #expect(read.maximumLoopbackConnections == 8 && read.logLevel == .debug)
        #expect(read.maximumRefusedConnections == 9 && read.headerTimeoutMilliseconds == 100)
        #expect(read.idleTimeoutMilliseconds == 101 && read.bodyTimeoutMilliseconds == 102)
        #expect(read.maximumContexts == 9)
        #expect(read.crossOrigins == ["https://a.example:8443", "http://[::1]"])
        let environment = Dictionary(uniqueKeysWithValues: settings.map { ("SANDBOX_SERVER_\($0.key)", $0.value) })
        #expect(ServerConfiguration.unknownNames(environment).isEmpty)
    }

    @Test(arguments: [
        ("SHELL", "bash"), ("SHELL", "/proc/self/exe"), ("COMMAND_TIMEOUT_MS", "-1"), ("GRACE_MS", "5s"),
        ("OUTPUT_LIMIT_BYTES", "0"), ("COMMAND_LIMIT_BYTES", "131072"), ("NEUTRAL_VARIABLES", "A,*"),
        ("ACCESS_TOKEN_FILE", "token"), ("MAX_CONNECTIONS", "many"), ("LOG_LEVEL", "loud"),
        ("KERNEL_POOL", "python"), ("KERNEL_POOL", "python=65"), ("KERNEL_POOL", "ruby=1"),
        ("KERNEL_POOL", "python=1,"), ("MAX_CONTEXTS", "0"), ("MAX_CONTEXTS", "1025"),
        ("CORS_ORIGINS", "app.example"), ("CORS_ORIGINS", "https://a/"),
        ("CORS_ORIGINS", "https://A"),
    ])
    func `a wrong value is told by name and form, never shown`(_ name: String, _ value: String) {
        let error = #expect(throws: StartupError.self) { _ = try read([name: value]) }
        #expect(error?.description.hasPrefix("SANDBOX_SERVER_\(name) must be ") == true)
        #expect(error?.description.contains("\n") == false)
    }

    @Test func `a slip of the pen is found`() {
        #expect(ServerConfiguration.unknownNames(["SANDBOX_SERVER_GRACE": "1"]) == ["SANDBOX_SERVER_GRACE"])
    }

    @Test(arguments: [nil, [], Array("short".utf8), Array("with a blank in it".utf8)] as [[UInt8]?])
    func `a token that is missing or weak is an error`(_ bytes: [UInt8]?) {
        #expect(throws: StartupError.self) { _ = try AccessToken(file: "/t") { _ in bytes } }
    }
}
