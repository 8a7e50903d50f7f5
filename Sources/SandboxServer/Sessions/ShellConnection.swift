import AgentProtocol
import CMessageShim
import Glibc
import HelperClient
import HelperProtocol
import HelperTransport
import NIOCore
import Synchronization

/// The server's end of the socket to the keeper of one shell.
///
/// The keeper runs as the user: what it says decides about its own session only. Records are sent from any task without
/// waiting: a keeper that does not read, because user code has stopped it, loses its session and delays nobody.
final class ShellConnection: Sendable {
    private struct State {
        var tickets: [UInt32: ShellTicket] = [:]
        /// Those whose end has been asked for, also if they are over: something that they left may still run.
        var stopping: [UInt32: ShellTicket] = [:]
        var nextNumber: UInt32 = 1
        var shellHasEnded = false
        var isLost = false
    }

    private let channel: Mutex<RecordChannel>
    private let state = Mutex(State())
    /// Set with the shell's status when it has ended; nil if its keeper was lost.
    let shellEnded = OneShot<Int?>()

    private init(_ channel: consuming RecordChannel) {
        self.channel = Mutex(channel)
    }

    /// Takes over a connected record socket and begins to read from it.
    static func open(
        _ descriptor: consuming OwnedDescriptor,
        on group: any EventLoopGroup
    )
        async throws -> ShellConnection
    {
        let reader = fcntl(descriptor.rawValue, F_DUPFD_CLOEXEC, 0)
        guard reader >= 0 else { throw HelperClientError.system(SystemError(errno: errno)) }
        let readEnd = OwnedDescriptor(adopting: reader)
        let connection = ShellConnection(RecordChannel(adopting: descriptor))
        try await DescriptorChannel.open(input: readEnd, on: group) { channel in
            // One read is one record; none is longer than a path and two numbers.
            try channel.syncOptions?.setOption(
                .recvAllocator,
                value: FixedSizeRecvByteBufferAllocator(capacity: 16_384)
            )
            try channel.pipeline.syncOperations.addHandler(ShellEventHandler(connection))
        }
        return connection
    }

    /// Hands a command to the shell.
    /// - Parameters:
    ///   - text: A sealed file with the command's text.
    ///   - input: The end that the command reads from, which stays the caller's; nil if it has nothing to read.
    /// - Throws: ``HelperClientError/connectionLost`` if the shell is gone.
    func run(
        _ run: ShellRun,
        text: borrowing OwnedDescriptor,
        output: borrowing OwnedDescriptor,
        error: borrowing OwnedDescriptor,
        input: Int32?
    ) throws(HelperClientError) -> ShellTicket {
        // The keeper reads no longer records, and could not say whose this was.
        guard ShellRequest.run(run).encoded().count <= ProtocolLimits.recordBytes else { throw .payload(.wrongLength) }
        let ticket = state.withLock { state -> ShellTicket? in
            guard !state.shellHasEnded, !state.isLost else { return nil }
            let ticket = ShellTicket(number: state.nextNumber)
            state.nextNumber += 1
            state.tickets[ticket.number] = ticket
            return ticket
        }
        guard let ticket else { throw .connectionLost }
        var run = run
        run.number = ticket.number
        run.hasInput = input != nil
        var descriptors = [text.rawValue, output.rawValue, error.rawValue]
        if let input { descriptors.append(input) }
        guard send(.run(run), descriptors) else {
            _ = state.withLock { $0.tickets.removeValue(forKey: ticket.number) }
            throw .connectionLost
        }
        return ticket
    }

    /// Ends a command and all it started, and waits until nothing of it is left.
    func stop(_ ticket: ShellTicket, graceMilliseconds: Int) async throws(CancellationError) {
        let isKept = state.withLock { state in
            guard !state.isLost else { return false }
            state.stopping[ticket.number] = ticket
            return true
        }
        let grace = UInt32(clamping: graceMilliseconds)
        guard isKept, send(.stop(number: ticket.number, graceMilliseconds: grace), []) else { return }
        try await ticket.stopped.wait()
    }

    private func send(_ request: ShellRequest, _ descriptors: [Int32]) -> Bool {
        channel.withLock { channel in
            do throws(SystemError) {
                try channel.send(request.encoded(), descriptors: descriptors, waiting: false)
                return true
            } catch {
                return false
            }
        }
    }

    /// Takes what the keeper says.
    func received(_ event: ShellEvent) {
        switch event {
        case .started(let number, let pid): ticket(number)?.started.set(pid)
        case .finished(let number, let status, let directory):
            guard let ticket = ticket(number) else { return }
            ticket.started.set(nil)
            ticket.ended.set(
                .finished(status: Int(status), directory: String(decoding: directory, as: UTF8.self))
            )
            forget(ticket)
        case .stopped(let number): state.withLock { $0.stopping.removeValue(forKey: number) }?.stopped.set(())
        case .ended(let status):
            // Background commands live on; whoever waits for the shell itself learns the status with its own command.
            let waiting = state.withLock { state in
                state.shellHasEnded = true
                return state.tickets.values.filter { $0.started.value == nil }
            }
            shellEnded.set(Int(status))
            for ticket in waiting { end(ticket, .shellEnded(status: Int(status))) }
        }
    }

    /// The keeper is gone, and with it everything that it kept.
    func lost() {
        let tickets = state.withLock { state in
            state.isLost = true
            defer { (state.tickets, state.stopping) = ([:], [:]) }
            return Array(state.tickets.values) + Array(state.stopping.values)
        }
        shellEnded.set(nil)
        for ticket in tickets {
            end(ticket, .lost)
            ticket.stopped.set(())
        }
    }

    /// Closes the socket, which ends the keeper.
    func close() {
        channel.withLock { $0.shutDown() }
    }

    private func ticket(_ number: UInt32) -> ShellTicket? {
        state.withLock { $0.tickets[number] }
    }

    private func end(_ ticket: ShellTicket, _ ending: ShellTicket.Ending) {
        ticket.started.set(nil)
        ticket.ended.set(ending)
    }

    private func forget(_ ticket: ShellTicket) {
        _ = state.withLock { $0.tickets.removeValue(forKey: ticket.number) }
    }
}
