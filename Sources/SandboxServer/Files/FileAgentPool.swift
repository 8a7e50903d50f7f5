import AgentProtocol
import HelperClient
import NIOCore
import NIOPosix
import Synchronization

/// The agents that do the server's file operations: started when they are needed, one request at a time each, kept for
/// the next request. One whose socket broke, which is how a reset of the namespace looks from here, is thrown away.
final class FileAgentPool: Sendable {
    /// Most agents that work at once; whoever comes then waits.
    static let limit = 8
    /// Most agents that are kept while nothing is to be done.
    static let idleLimit = 2
    /// Until an agent is taken for stuck: on a dead network file system, say.
    static let patience = TimeAmount.seconds(30)

    let helper: HelperClient
    private let eventLoopGroup: any EventLoopGroup
    private let patience: TimeAmount
    private let permits = Permits(FileAgentPool.limit)
    private let idle = Mutex<[FileAgent]>([])

    init(helper: HelperClient, eventLoopGroup: any EventLoopGroup, patience: TimeAmount = FileAgentPool.patience) {
        self.helper = helper
        self.eventLoopGroup = eventLoopGroup
        self.patience = patience
    }

    /// How many agents wait for work.
    var idleCount: Int { idle.withLock(\.count) }

    /// Asks an agent.
    ///
    /// An answer with a failure is thrown. A cancelled task gets `CancellationError` while it waits for its turn; once
    /// the agent has been asked, the answer is waited for.
    /// - Throws: ``FileFailure`` or `CancellationError`.
    func ask(_ request: FileRequest) async throws -> FileAnswer {
        try await permits.take()
        defer { permits.giveBack() }
        // Idle agents may have died meanwhile, all of them; a new one has not.
        while let agent = idle.withLock({ $0.popLast() }) {
            do {
                return try await ask(agent, request)
            } catch FileFailure.agentLost(wasAsked: false) {
                continue
            }
        }
        return try await ask(FileAgent.start(helper), request)
    }

    private func ask(_ agent: FileAgent, _ request: FileRequest) async throws -> FileAnswer {
        // Between file systems a move is a copy, which takes as long as there is to copy.
        let patience: TimeAmount = if case .rename = request { .minutes(30) } else { patience }
        let deadline = eventLoopGroup.next().scheduleTask(in: patience) { agent.giveUp() }
        defer { deadline.cancel() }
        let answer: FileAnswer
        do {
            answer = try await FileThreads.agents.runIfActive { try agent.exchange(request) }
        } catch let failure as FileFailure {
            await agent.kill()
            throw failure
        } catch {
            // Cancelled before anything was sent.
            keep(agent)
            throw error
        }
        keep(agent)
        if case .failed(let errno) = answer.reply { throw FileFailure.failed(errno: errno) }
        return answer
    }

    private func keep(_ agent: FileAgent) {
        idle.withLock { idle in
            if idle.count < Self.idleLimit { idle.append(agent) }
        }
    }
}
