import Glibc
import HelperClient
import HelperProtocol
import HelperTransport
import NIOCore
import Synchronization

/// A shell with a terminal of its own, shared by all the sockets of one session.
final class Terminal: Sendable {
    /// Bytes on their way to the program that are kept while it does not read.
    private static let inputLimit = 2 * 1024 * 1024
    /// How long to wait for the last output of a shell that is over: what it left running may hold the terminal.
    private static let lastOutput = TimeAmount.milliseconds(500)

    let output: TerminalOutput
    private let process: HelperProcess
    private let channel: any Channel
    private let unwritten = Mutex(0)

    private init(_ process: HelperProcess, _ channel: any Channel, _ output: TerminalOutput) {
        self.process = process
        self.channel = channel
        self.output = output
    }

    /// Takes over a process that was started with a terminal.
    static func adopt(_ process: HelperProcess, on group: any EventLoopGroup) async throws -> Terminal {
        guard let master = process.takeTerminal() else { throw HelperClientError.protocolViolation(nil) }
        let writer = fcntl(master.rawValue, F_DUPFD_CLOEXEC, 0)
        guard writer >= 0 else { throw HelperClientError.system(SystemError(errno: errno)) }
        let (channel, output) = try await DescriptorChannel.open(
            input: master,
            output: OwnedDescriptor(adopting: writer),
            on: group
        ) { channel in
            let eventLoop = channel.eventLoop
            let gate = ReadGate()
            let bound = NIOLoopBound(gate, eventLoop: eventLoop)
            let output = TerminalOutput { eventLoop.execute { bound.value.open() } }
            try channel.pipeline.syncOperations.addHandler(TerminalChannelHandler(output, gate))
            return (channel, output)
        }
        return Terminal(process, channel, output)
    }

    /// Waits for the shell's end, then for the rest of its output.
    func run() async {
        // Fails only when the helper is gone, and then everything ends.
        let status = try? await process.exitStatus
        let channel = channel
        let deadline = channel.eventLoop.scheduleTask(in: Self.lastOutput) { channel.close(promise: nil) }
        try? await channel.closeFuture.get()
        deadline.cancel()
        output.finish(status)
    }

    /// Hands input to the program, and waits while it does not read.
    /// - Throws: ``WebSocketClosure`` if too much is waiting.
    func write(_ bytes: ByteBuffer) async throws {
        let count = bytes.readableBytes
        let isAccepted = unwritten.withLock { unwritten in
            guard unwritten + count <= Self.inputLimit else { return false }
            unwritten += count
            return true
        }
        guard isAccepted else { throw WebSocketClosure(1008, "The program does not read its input.") }
        let written = OneShot<Void>()
        channel.writeAndFlush(bytes).whenComplete { [self] _ in
            unwritten.withLock { $0 -= count }
            written.set(())
        }
        // Not the future itself: whoever waits must be able to stop waiting when its socket is closed.
        try await written.wait()
    }

    func resize(_ size: TerminalSize) async throws(HelperClientError) {
        try await process.resize(size)
    }

    /// Ends the shell and everything it started; ``run()`` returns when it is over. At once: an interactive shell ignores
    /// SIGTERM, and with its terminal goes what it could still tell.
    func terminate() async throws(HelperClientError) {
        try await process.terminate(grace: .zero)
    }
}
