public import HelperProtocol
public import HelperTransport

/// A connection to `ns-helper`, for the server and for tools.
///
/// Requests may be made from any number of tasks at once. ``hello()`` must come first. When the client is let go of,
/// or the helper goes away, everything that waits fails with ``HelperClientError/connectionLost``, and the helper ends
/// what was started over the connection.
///
/// A request blocks its thread while the helper's queue is full: the helper stops reading on purpose (back-pressure),
/// for as long as it takes to handle what lies in the queue.
public final class HelperClient: Sendable {
    private let connection: HelperConnection

    /// Takes over a connected SOCK_SEQPACKET socket.
    ///
    /// - Throws: ``HelperClientError/system(_:)`` if no thread can be made.
    public convenience init(adopting descriptor: consuming OwnedDescriptor) throws(HelperClientError) {
        try self.init(RecordChannel(adopting: descriptor))
    }

    /// Connects to the helper's path socket.
    ///
    /// - Throws: ``HelperClientError/system(_:)`` if nobody listens there or this uid may not connect.
    public convenience init(connectingTo path: String) throws(HelperClientError) {
        let channel: RecordChannel
        do { channel = try RecordChannel(connectingTo: path) } catch { throw .system(error) }
        try self.init(channel)
    }

    private init(_ channel: consuming RecordChannel) throws(HelperClientError) {
        connection = HelperConnection(channel)
        do { try ReaderThread.start(connection) } catch { throw .system(error) }
    }

    deinit {
        connection.shutDown()
    }

    /// Resets of namespaces, in order; ends with the connection. For one reader; keeps the newest 16.
    public var namespaceResets: AsyncStream<NamespaceReset> { connection.resets }

    /// Why the connection ended, once it has.
    public var closed: HelperClientError {
        get async throws(CancellationError) { try await connection.closed.wait() }
    }

    /// Closes the connection; everything that waits fails.
    public func close() {
        connection.shutDown()
    }

    /// Introduces this client and learns what is running.
    public func hello() async throws(HelperClientError) -> HelloReply {
        guard case .hello(let reply) = try await connection.ask(.hello).reply else { throw .protocolViolation(nil) }
        return reply
    }

    /// Starts a process with three streams of the caller's.
    ///
    /// - Parameters:
    ///   - request: Where and what; its streams must be `.descriptors`.
    ///   - payload: argv and environment; wiped before this returns.
    ///   - streams: stdin, stdout, stderr: FIFOs, connected Unix stream sockets or /dev/null. Closed here before this
    ///     returns, so that end of file on the other ends means that the process's copies are closed.
    public func spawn(
        _ request: SpawnRequest,
        payload: consuming ProcessPayload,
        streams: consuming StandardStreams
    )
        async throws(HelperClientError) -> HelperProcess
    {
        let sealed = try Self.seal(payload)
        // Borrowed up to here: the numbers below must stay open until the record is sent.
        defer { _ = (sealed.rawValue, streams.input.rawValue) }
        let numbers = [sealed.rawValue, streams.input.rawValue, streams.output.rawValue, streams.error.rawValue]
        return try await spawn(request, numbers)
    }

    /// Starts a process with a new terminal, whose master the result holds.
    public func spawn(
        _ request: SpawnRequest,
        payload: consuming ProcessPayload
    )
        async throws(HelperClientError) -> HelperProcess
    {
        let sealed = try Self.seal(payload)
        defer { _ = sealed.rawValue }
        return try await spawn(request, [sealed.rawValue])
    }

    private static func seal(_ payload: consuming ProcessPayload) throws(HelperClientError) -> OwnedDescriptor {
        do { return try payload.sealed() } catch { throw .system(error) }
    }

    private func spawn(
        _ request: SpawnRequest,
        _ descriptors: [Int32]
    )
        async throws(HelperClientError) -> HelperProcess
    {
        // A record that the helper cannot read costs the connection, and with it everything that runs over it.
        let record = HelperRequest.spawn(request).encoded(id: 1)
        guard (try? HelperRequest.decode(record, descriptorCount: descriptors.count)) != nil else {
            throw .refused(HelperFailure(.notPermitted))
        }
        let ending = HelperConnection.Ending()
        let answer = try await connection.ask(.spawn(request), descriptors: descriptors, ending: ending)
        guard case .spawned(let reply) = answer.reply else { throw .protocolViolation(nil) }
        return HelperProcess(reply, terminal: answer.terminal, connection: connection, ending: ending)
    }

    /// A snapshot of the helper's tables.
    public func status() async throws(HelperClientError) -> StatusReply {
        guard case .status(let reply) = try await connection.ask(.status).reply else { throw .protocolViolation(nil) }
        return reply
    }

    /// Kills everything in `user` or `secure` and makes the namespace anew.
    ///
    /// - Returns: The namespace's new generation.
    public func reset(_ namespace: SandboxNamespace) async throws(HelperClientError) -> UInt32 {
        guard case .reset(let generation) = try await connection.ask(.reset(namespace)).reply else {
            throw .protocolViolation(nil)
        }
        return generation
    }

    /// Takes the whole pair down in order.
    public func shutdown() async throws(HelperClientError) {
        _ = try await connection.ask(.shutdown)
    }
}
