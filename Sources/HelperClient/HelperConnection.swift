import HelperProtocol
import HelperTransport
import Synchronization

/// One connection: the socket, the table of what is due, and the reader's work.
final class HelperConnection: Sendable {
    typealias Answer = Result<Reply, HelperClientError>
    typealias Ending = OneShot<Result<ExitStatus, HelperClientError>>

    /// A reply and the terminal that may have come with it.
    struct Reply: Sendable {
        var reply: HelperReply
        var terminal: TerminalBox?
    }

    private let channel: RecordChannel
    private let state = Mutex(ConnectionState<CheckedContinuation<Answer, Never>, Ending>())
    /// The next request's id. Held while sending, because ids must reach the helper in rising order. A lock of its
    /// own: a sender may block on a full queue, and the reader must go on meanwhile or both sides would wait.
    private let nextID = Mutex<UInt64>(1)
    let closed = OneShot<HelperClientError>()
    let resets: AsyncStream<NamespaceReset>
    private let resetSource: AsyncStream<NamespaceReset>.Continuation

    init(_ channel: consuming RecordChannel) {
        self.channel = channel
        // Old resets are of no interest to a reader that fell behind; the generation tells what it missed.
        (resets, resetSource) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(16))
    }

    /// Sends a request and waits for its reply. Not cancellable: the helper answers every request at once, and a
    /// spawn that nobody waits for any more would leave a process without an owner.
    func ask(
        _ request: HelperRequest,
        descriptors: [Int32] = [],
        ending: Ending? = nil
    )
        async throws(HelperClientError) -> Reply
    {
        let answer = await withCheckedContinuation { continuation in
            send(request, descriptors, ending, continuation)
        }
        let reply = try answer.get()
        if case .failed(let failure) = reply.reply { throw .refused(failure) }
        return reply
    }

    private func send(
        _ request: HelperRequest,
        _ descriptors: [Int32],
        _ ending: Ending?,
        _ continuation: CheckedContinuation<Answer, Never>
    ) {
        typealias Failure = (CheckedContinuation<Answer, Never>, HelperClientError)
        let failed: Failure? = nextID.withLock { nextID -> Failure? in
            let id = nextID
            // Registered before it is sent: the reply may be back before send returns.
            let isOpen = state.withLock { $0.willSend(id, request.operation, continuation, process: ending) }
            guard isOpen else { return (continuation, closed.value ?? .connectionLost) }
            nextID += 1
            do throws(SystemError) {
                try channel.send(request.encoded(id: id), descriptors: descriptors)
                return nil
            } catch {
                // Whoever takes the entry out of the table resumes it: this place, or close() on the reader's side.
                let isGone = error.errno == brokenPipe || error.errno == connectionReset
                return state.withLock { $0.couldNotSend(id) }.map { ($0, isGone ? .connectionLost : .system(error)) }
            }
        }
        if let (continuation, error) = failed { continuation.resume(returning: .failure(error)) }
    }

    /// The reader's whole life: receives until the connection ends, then fails everything that is still due.
    func receiveUntilClosed() {
        var reason = HelperClientError.connectionLost
        receiving: while true {
            do {
                guard var received = try channel.receive() else { break }
                let message = try HelperMessage.decode(received.record, descriptorCount: received.descriptors.count)
                guard carryOut(message, terminal: TerminalBox(received.descriptors.take(0))) else {
                    reason = .protocolViolation(nil)
                    break receiving
                }
            } catch let error as DecodingError {
                reason = .protocolViolation(error)
                break
            } catch let error as SystemError {
                reason = error.errno == badMessage ? .protocolViolation(nil) : .connectionLost
                break
            } catch {
                break
            }
        }
        finish(reason)
    }

    private func carryOut(_ message: HelperMessage, terminal: TerminalBox?) -> Bool {
        switch state.withLock({ $0.received(message) }) {
        case .answer(let continuation, let reply, let ended):
            // First the end, then the reply: whoever gets the process finds its end already set.
            ended.map { $0.0.set(.success($0.1)) }
            continuation.resume(returning: .success(Reply(reply: reply, terminal: terminal)))
        case .end(let ending, let status): ending.set(.success(status))
        case .reset(let namespace, let generation):
            resetSource.yield(NamespaceReset(namespace: namespace, generation: generation))
        case .none: break
        case .close: return false
        }
        return true
    }

    private func finish(_ reason: HelperClientError) {
        // The helper must see the end too, also when it is us who cannot go on.
        channel.shutDown()
        closed.set(reason)
        let (requests, processes) = state.withLock { $0.close() }
        for request in requests { request.resume(returning: .failure(reason)) }
        for process in processes { process.set(.failure(reason)) }
        resetSource.finish()
    }

    /// Wakes the reader, which then ends the connection.
    func shutDown() {
        channel.shutDown()
    }
}
