import AgentProtocol
import HelperClient
import HelperTransport
import NIOCore
import NIOPosix
import Synchronization

/// One agent that watches, and everybody who wants to know what it sees.
final class SharedWatch: Sendable {
    private struct State {
        var queues: [WatchQueue] = []
        var agent: FileAgent?
        var cursor: UInt64 = 0
        var ending: String?
    }

    let key: WatchKey
    /// Names the watch; counted from 1 in each server.
    let number: UInt64
    /// When it was made, in milliseconds since the epoch.
    let milliseconds: UInt64
    /// Set when the agent watches, or cannot.
    let armed = OneShot<Result<Void, FileFailure>>()
    private let filter: WatchFilter
    private let state = Mutex(State())

    init(_ key: WatchKey, number: UInt64, milliseconds: UInt64) {
        self.key = key
        self.number = number
        self.milliseconds = milliseconds
        filter = WatchFilter(key)
    }

    /// What has been seen so far, as a version.
    var version: WatchVersion {
        WatchVersion(number: number, milliseconds: milliseconds, cursor: state.withLock(\.cursor))
    }

    /// Starts the agent, on a thread of its own for as long as it lives.
    ///
    /// Not cancelled with the task: others may wait for the same watch.
    /// - Parameter onEnd: Called once, when the agent has ended.
    func start(
        _ helper: HelperClient,
        on eventLoop: any EventLoop,
        within patience: TimeAmount,
        onEnd: @escaping @Sendable () -> Void
    ) async {
        let agent: FileAgent
        do throws(FileFailure) {
            agent = try await FileAgent.start(helper)
        } catch {
            armed.set(.failure(error))
            end("The sandbox could not watch.")
            return onEnd()
        }
        let isWanted = state.withLock { state in
            state.agent = agent
            return state.ending == nil
        }
        if !isWanted { agent.close() }
        let deadline = eventLoop.scheduleTask(in: patience) { agent.giveUp() }
        let thread = NIOThreadPool(numberOfThreads: 1)
        thread.start()
        thread.submit { [self] _ in
            serve(agent, deadline)
            onEnd()
            thread.shutdownGracefully { _ in }
        }
    }

    /// Blocks until the agent is gone.
    private func serve(_ agent: FileAgent, _ deadline: Scheduled<Void>) {
        let request = FileRequest.watch(path: key.path, recursive: key.isRecursive, skipping: key.skippedNames)
        do throws(FileFailure) {
            let answer = try agent.exchange(request)
            deadline.cancel()
            if case .failed(let errno) = answer.reply { throw .failed(errno: errno) }
            guard answer.reply == .watching else { throw .unexpectedReply }
            armed.set(.success(()))
            while let next = try agent.receive() {
                guard take(next.reply) else { return agent.close() }
            }
            end("The sandbox was restarted.")
        } catch {
            deadline.cancel()
            agent.close()
            armed.set(.failure(error))
            end("The watch failed.")
        }
    }

    /// Passes on what the agent says; false when that was the last of it.
    private func take(_ reply: FileReply) -> Bool {
        switch reply {
        case .changed(let change) where change.kind == .overflow:
            for queue in advance() { queue.drop() }
            return true
        case .changed(let change) where change.kind == .gone:
            _ = advance()
            end("The watched path is gone.")
            return false
        case .changed(let change):
            guard let change = filter.report(change) else { return true }
            for queue in advance() { queue.add(change) }
            return true
        case .failed(let errno):
            end("The watch failed: \(SystemError(errno: errno)).")
            return false
        default:
            end("The watch failed.")
            return false
        }
    }

    private func advance() -> [WatchQueue] {
        state.withLock { state in
            state.cursor += 1
            return state.queues
        }
    }

    /// Tells a reader everything from now on.
    func add(_ queue: WatchQueue) {
        let ending = state.withLock { state in
            state.queues.append(queue)
            return state.ending
        }
        if let ending { queue.end(ending) }
    }

    func remove(_ queue: WatchQueue) {
        state.withLock { $0.queues.removeAll { $0 === queue } }
    }

    /// Ends the agent.
    func close() {
        end("Nobody watches any more.")
        state.withLock(\.agent)?.close()
    }

    private func end(_ reason: String) {
        let queues = state.withLock { state in
            if state.ending == nil { state.ending = reason }
            return state.queues
        }
        for queue in queues { queue.end(reason) }
    }
}
