import AgentProtocol
import Glibc
import HelperClient
import HelperTransport
import NIOCore
import NIOPosix
import Testing

@testable import SandboxServer

@Suite(.serialized, .timeLimit(.minutes(2)))
struct FileAgentPoolTests {
    private func with(_ body: (FileAgentPool, FakeHelper) async throws -> Void) async throws {
        let pair = try RecordChannel.pair()
        let far = OwnedDescriptor(adopting: dup(pair.far.rawValue))
        let helper = FakeHelper(far, .init(hello: ServerFixture.hello()))
        defer { helper.die() }
        let client = try HelperClient(adopting: pair.consumeNear())
        _ = try await client.hello()
        let group = MultiThreadedEventLoopGroup.singleton
        try await body(FileAgentPool(helper: client, eventLoopGroup: group, patience: .seconds(3)), helper)
    }

    @Test func `an agent is used again, and few are kept`() async throws {
        try await with { pool, helper async throws in
            for _ in 0..<10 { _ = try await pool.ask(.status(path: [0x2F])) }
            #expect(helper.spawned.count == 1 && pool.idleCount == 1)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<40 { group.addTask { _ = try await pool.ask(.status(path: [0x2F])) } }
                try await group.waitForAll()
            }
            #expect(pool.idleCount <= FileAgentPool.idleLimit && pool.idleCount > 0)
        }
    }

    @Test func `an agent that died while idle is not noticed by anybody`() async throws {
        try await with { pool, helper async throws in
            _ = try await pool.ask(.status(path: [0x2F]))
            helper.killAll()
            while helper.runningCount > 0 { try? await Task.sleep(for: .milliseconds(5)) }
            _ = try await pool.ask(.status(path: [0x2F]))
            #expect(helper.spawned.count == 2)
        }
    }

    @Test func `an agent that does not answer is given up and ended`() async throws {
        try await with { pool, helper async throws in
            _ = try await pool.ask(.status(path: [0x2F]))
            helper.stopAll()
            await #expect(throws: FileFailure.timedOut) { _ = try await pool.ask(.status(path: [0x2F])) }
            while helper.runningCount > 0 { try? await Task.sleep(for: .milliseconds(5)) }
            _ = try await pool.ask(.status(path: [0x2F]))
            #expect(helper.terminations == 1)
        }
    }

    @Test func `a failure is thrown and costs no agent`() async throws {
        try await with { pool, helper async throws in
            await #expect(throws: FileFailure.failed(errno: ENOENT)) {
                _ = try await pool.ask(.read(path: Array("/nothing/at/all".utf8)))
            }
            #expect(pool.idleCount == 1)
        }
    }

    @Test func `a cancelled turn goes on to the next`() async throws {
        let permits = Permits(1)
        try await permits.take()
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    try await permits.take()
                    return true
                } catch {
                    return false
                }
            }
            while permits.waitingCount == 0 { try? await Task.sleep(for: .milliseconds(5)) }
            group.cancelAll()
            #expect(await group.next() == false)
        }
        permits.giveBack()
        try await permits.take()
        #expect(permits.waitingCount == 0)
    }
}
