import AgentProtocol
import Glibc
import HelperClient
import HelperProtocol
import HelperTransport
import Synchronization

/// One running agent of the role `files` and the socket to it, which is closed with the value; that ends the agent.
final class FileAgent: Sendable {
    private let channel: RecordChannel
    private let process: HelperProcess
    private let isOverdue = Mutex(false)

    /// Starts an agent.
    /// - Throws: ``FileFailure/noAgent(_:)``.
    static func start(_ helper: HelperClient) async throws(FileFailure) -> FileAgent {
        do throws(HelperClientError) {
            let pair: RecordChannel.Pair
            do { pair = try RecordChannel.pair() } catch { throw .system(error) }
            let far = fcntl(pair.far.rawValue, F_DUPFD_CLOEXEC, 3)
            guard far >= 0 else { throw .system(SystemError(errno: errno)) }
            let input = OwnedDescriptor(adopting: far)
            let channel = RecordChannel(adopting: pair.consumeNear())
            let payload: ProcessPayload
            do {
                payload = try ProcessPayload(arguments: [Array("sandbox-agent".utf8), Array("files".utf8)])
            } catch {
                throw .payload(error)
            }
            let process = try await helper.spawn(
                SpawnRequest(namespace: .user, agent: .files, workingDirectory: [UInt8(ascii: "/")]),
                payload: payload,
                streams: StandardStreams(input: input, output: try null(), error: try null())
            )
            return FileAgent(channel, process)
        } catch {
            throw .noAgent(error)
        }
    }

    private static func null() throws(HelperClientError) -> OwnedDescriptor {
        let number = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard number >= 0 else { throw .system(SystemError(errno: errno)) }
        return OwnedDescriptor(adopting: number)
    }

    private init(_ channel: consuming RecordChannel, _ process: HelperProcess) {
        self.channel = channel
        self.process = process
    }

    /// Asks and waits for the answer; blocks its thread. One request at a time.
    func exchange(_ request: FileRequest) throws(FileFailure) -> FileAnswer {
        do { try channel.send(request.encoded()) } catch { throw .agentLost(wasAsked: false) }
        guard let answer = try receive() else {
            throw isOverdue.withLock(\.self) ? .timedOut : .agentLost(wasAsked: true)
        }
        return answer
    }

    /// The next record; nil when the agent is gone. Blocks its thread.
    func receive() throws(FileFailure) -> FileAnswer? {
        guard let received = try? channel.receive() else { return nil }
        guard let reply = try? FileReply(received.record) else { throw .unexpectedReply }
        var descriptors = received.consumeDescriptors()
        guard let descriptor = descriptors.take(0) else { return FileAnswer(reply: reply) }
        return FileAnswer(reply: reply, file: OpenFile(descriptor))
    }

    /// Gives up on the answer that is due: whoever waits for it is told so.
    func giveUp() {
        isOverdue.withLock { $0 = true }
        channel.shutDown()
    }

    /// Wakes whoever waits in ``receive()``, and ends an agent that listens.
    func close() {
        channel.shutDown()
    }

    /// Ends an agent that may not be listening.
    func kill() async {
        channel.shutDown()
        // It is gone already, or goes with the helper.
        try? await process.terminate(grace: .zero)
    }
}
