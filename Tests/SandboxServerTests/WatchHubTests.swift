import Glibc
import HelperClient
import HelperTransport
import NIOCore
import NIOPosix
import SandboxAPI
import Testing

@testable import SandboxServer

@Suite(.serialized, .timeLimit(.minutes(2)))
struct WatchHubTests {
    private func with(
        keeping: TimeAmount = .minutes(10),
        _ body: (WatchHub, FakeHelper) async throws -> Void
    ) async throws {
        let pair = try RecordChannel.pair()
        let far = OwnedDescriptor(adopting: dup(pair.far.rawValue))
        let helper = FakeHelper(far, .init(hello: ServerFixture.hello()))
        defer { helper.die() }
        let client = try HelperClient(adopting: pair.consumeNear())
        _ = try await client.hello()
        try await body(
            WatchHub(helper: client, eventLoopGroup: MultiThreadedEventLoopGroup.singleton, keeping: keeping),
            helper
        )
    }

    private func key(_ path: String, _ events: [WatchEventKind]? = nil) throws -> WatchKey {
        try WatchKey(WatchRequest(path: path, recursive: false, events: events), path: Array(path.utf8))
    }

    @Test func `equal watches share an agent, which ends with the last reader`() async throws {
        try await with { hub, helper async throws in
            var subscriptions = [try await hub.subscribe(try key("/tmp"))]
            subscriptions.append(try await hub.subscribe(try key("/tmp")))
            #expect(hub.count == 1 && helper.spawned.count == 1)
            subscriptions.append(try await hub.subscribe(try key("/tmp", [.create])))
            #expect(hub.count == 2)
            subscriptions.removeFirst()
            #expect(hub.count == 2)
            subscriptions.removeAll()
            #expect(hub.count == 0)
            while helper.runningCount > 0 { try? await Task.sleep(for: .milliseconds(5)) }
        }
    }

    @Test func `a checked watch is kept for a while, and then not`() async throws {
        try await with(keeping: .milliseconds(200)) { hub, helper async throws in
            let first = try await hub.check(try key("/tmp"), since: nil)
            let second = try await hub.check(try key("/tmp"), since: WatchVersion(first.version))
            #expect(second.status != .resync && hub.count == 1 && helper.spawned.count == 1)
            while hub.count > 0 || helper.runningCount > 0 { try? await Task.sleep(for: .milliseconds(5)) }
            let third = try await hub.check(try key("/tmp"), since: WatchVersion(first.version))
            #expect(third.status == .resync && third.reason == .expired)
        }
    }

    @Test func `there is a limit, and what ends makes room`() async throws {
        try await with { hub, _ async throws in
            var subscriptions: [WatchSubscription] = []
            for number in 0..<WatchHub.limit {
                let request = WatchRequest(path: "/tmp", recursive: false, exclude: ["\(number)"])
                subscriptions.append(try await hub.subscribe(try WatchKey(request, path: Array("/tmp".utf8))))
            }
            let error = await #expect(throws: APIError.self) { _ = try await hub.subscribe(try key("/tmp")) }
            #expect(error?.body.code == "RESOURCE_BUSY")
            subscriptions.removeLast()
            _ = try await hub.subscribe(try key("/tmp"))
        }
    }

    @Test func `what cannot be watched leaves nothing behind`() async throws {
        try await with { hub, helper async throws in
            await #expect(throws: FileFailure.failed(errno: ENOENT)) {
                _ = try await hub.subscribe(try key("/nothing/at/all"))
            }
            #expect(hub.count == 0)
            while helper.runningCount > 0 { try? await Task.sleep(for: .milliseconds(5)) }
        }
    }
}
