import HelperClient
import HelperProtocol
import Synchronization
import Testing

@testable import SandboxServer

@Suite(.timeLimit(.minutes(1)))
struct HelperPulseTests {
    private static let status = StatusReply(
        uptimeMilliseconds: 1,
        namespaceSetupMicroseconds: 2,
        serverRestarts: 3,
        namespaces: [],
        processes: []
    )

    @Test func `a helper that answers is asked each time`() async {
        let asked = Mutex(0)
        let pulse = HelperPulse(patience: .seconds(30)) {
            asked.withLock { $0 += 1 }
            return Self.status
        }
        for _ in 0..<3 { #expect(await pulse.status() == Self.status) }
        #expect(asked.withLock { $0 } >= 1)
    }

    @Test func `a helper that hangs is asked once, and nobody waits for it`() async throws {
        let asked = Mutex(0)
        let answer = OneShot<StatusReply?>()
        let pulse = HelperPulse(patience: .milliseconds(1)) {
            asked.withLock { $0 += 1 }
            return (try? await answer.wait()) ?? nil
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { #expect(await pulse.status() == nil) } }
        }
        #expect(asked.withLock { $0 } == 1)
        answer.set(Self.status)
        // It goes on as soon as the helper does.
        while await pulse.status() == nil { await Task.yield() }
    }
}
