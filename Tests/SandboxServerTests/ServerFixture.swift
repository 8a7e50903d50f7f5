import AsyncHTTPClient
import FoundationEssentials
import Glibc
import HelperClient
import HelperProtocol
import HelperTransport
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import SandboxAPI
import ServiceLifecycle
import Testing

@testable import SandboxServer

/// A server on a port of its own, over a ``FakeHelper``; everything is taken down in reverse order.
struct ServerFixture: Sendable {
    let helper: FakeHelper
    let application: ServerApplication
    let url: String
    let port: UInt16

    static let identities = SandboxIdentities(control: 1, user: 2, secure: 3, controlGroup: 1, workspaceGroup: 2)

    static func hello(_ mode: IsolationMode? = .namespaces, _ acceptsUnprotected: Bool = false) -> HelloReply {
        HelloReply(
            helperVersion: "1",
            mode: mode,
            ids: identities,
            workspace: "/tmp",
            workspaceSharing: .idmapped,
            apiPort: 1,
            jupyterPort: 2,
            processSlots: 8,
            probeFailure: mode == .namespaces
                ? nil : .init(stage: .newNamespace, errno: EPERM, remedy: "Add SYS_ADMIN."),
            cellUIDs: mode == .users ? 4300..<4310 : nil,
            landlockVersion: 7,
            acceptsUnprotectedCredentials: acceptsUnprotected
        )
    }

    static func with(
        mode: IsolationMode? = .namespaces,
        acceptsUnprotected: Bool = false,
        refusal: HelperFailure? = nil,
        token: AccessToken? = nil,
        peers: PeerPolicy = PeerPolicy(sandboxUIDs: [4_000_000]),
        jupyter: Bool = false,
        audit: AuditLog? = nil,
        configure: (inout ServerConfiguration) -> Void = { _ in },
        _ body: (ServerFixture) async throws -> Void
    ) async throws {
        var configuration = ServerConfiguration()
        configuration.graceMilliseconds = 300
        configure(&configuration)
        let pair = try RecordChannel.pair()
        let far = OwnedDescriptor(adopting: dup(pair.far.rawValue))
        let helper = FakeHelper(far, .init(hello: hello(mode, acceptsUnprotected), refusal: refusal))
        defer { helper.die() }
        let client = try HelperClient(adopting: pair.consumeNear())
        let (socket, port) = try listen()
        let application = ServerApplication(
            configuration: configuration,
            token: token,
            audit: audit,
            helper: client,
            hello: try await client.hello(),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let listener = jupyter ? application.jupyter(socket, peers: peers) : application.api(socket, peers: peers)
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: application.services.work), .init(service: listener)],
                logger: application.logger
            )
        )
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            do {
                let url = "http://127.0.0.1:\(port)"
                try await body(ServerFixture(helper: helper, application: application, url: url, port: port))
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// A listener alone, with answers of the test's.
    static func withListener(
        _ respond: @escaping HTTPListener.Respond,
        _ body: (UInt16) async throws -> Void
    ) async throws {
        let (socket, port) = try listen()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let listener = HTTPListener(
            name: "test",
            socket: socket,
            identity: PeerIdentity(policy: PeerPolicy(sandboxUIDs: nil)),
            table: ConnectionTable(maximum: 16, maximumLocal: 16, maximumRefused: 16),
            deadlines: RequestDeadlines(ServerConfiguration()),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger,
            respond: respond
        )
        let group = ServiceGroup(configuration: .init(services: [.init(service: listener)], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            do {
                try await body(port)
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// Waits until something is so that no event tells of; at most 20 seconds.
    func until(_ condition: () -> Bool) async throws {
        for _ in 0..<2000 {
            if condition() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("it did not come to be")
    }

    /// One answer.
    struct Answer {
        var status: Int
        var headers: HTTPHeaders
        var text: String

        func decoded<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
            try JSONDecoder().decode(type, from: Data(text.utf8))
        }
    }

    func send(
        _ method: HTTPMethod,
        _ path: String,
        _ body: String? = nil,
        headers: HTTPHeaders = [:]
    )
        async throws -> Answer
    {
        var request = HTTPClientRequest(url: url + path)
        request.method = method
        request.headers = headers
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let bytes = try await response.body.collect(upTo: 1 << 28)
        return Answer(status: Int(response.status.code), headers: response.headers, text: String(buffer: bytes))
    }

    func execute(_ request: ExecuteRequest) async throws -> Answer {
        let body = String(decoding: try JSONEncoder().encode(request), as: UTF8.self)
        return try await send(.POST, "/api/execute", body)
    }

    /// Runs a command in a shell of its own unless a session is named.
    func run(
        _ command: String,
        env: [String: String] = [:],
        session: String = SessionTable.sessionless
    )
        async throws -> ExecuteResponse
    {
        let env = env.mapValues { SecretBytes(Array($0.utf8)) }
        return try await execute(ExecuteRequest(command: command, env: env, sessionId: session)).decoded()
    }

    private static func listen() throws -> (Int32, UInt16) {
        let listener = socket(AF_INET6, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = [UInt8](repeating: 0, count: 28)
        address[0] = UInt8(AF_INET6)
        var length = socklen_t(address.count)
        let code = address.withUnsafeMutableBytes { bytes -> Int32 in
            guard let start = bytes.baseAddress else { return -1 }
            let pointer = start.assumingMemoryBound(to: sockaddr.self)
            guard bind(listener, pointer, length) == 0, Glibc.listen(listener, 128) == 0 else { return -1 }
            return getsockname(listener, pointer, &length)
        }
        guard code == 0 else { throw SystemError(errno: errno) }
        return (listener, UInt16(address[2]) << 8 | UInt16(address[3]))
    }
}
