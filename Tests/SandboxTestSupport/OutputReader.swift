import CMessageShim
import Glibc
public import HelperTransport

/// Collects what arrives at a descriptor, on a thread of its own, until the end of file or until told to stop.
public final class OutputReader: Sendable {
    private struct State: Sendable {
        var bytes: [UInt8] = []
        var isEnded = false
    }

    private let state = Observed(State())
    /// Its closing tells the thread to stop.
    private let stopper: Observed<Int32?>

    /// Takes over the reading end of a pipe, socket or terminal.
    public init(adopting descriptor: consuming OwnedDescriptor) throws {
        let (stopReader, stopWriter) = try Self.pipe()
        stopper = Observed(stopWriter)
        let (source, stop) = (descriptor.release(), stopReader)
        _ = fcntl(source, F_SETFL, fcntl(source, F_GETFL) | O_NONBLOCK)
        let state = state
        try DetachedThread.start {
            Self.collect(source, stop, state)
            close(source)
            close(stop)
        }
    }

    deinit { stop() }

    /// A reader and the writing end of its pipe.
    public static func withPipe() throws -> (OutputReader, Int32) {
        let (reader, writer) = try pipe()
        return (try OutputReader(adopting: OwnedDescriptor(adopting: reader)), writer)
    }

    /// Everything that has arrived so far.
    public var bytes: [UInt8] { state.value.bytes }

    /// Everything that has arrived so far, as text.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Waits until `text` has arrived; false if the end came first.
    @discardableResult
    public func wait(for text: String) async throws -> Bool {
        let isThere: @Sendable (State) -> Bool = { String(decoding: $0.bytes, as: UTF8.self).contains(text) }
        return isThere(try await state.wait { isThere($0) || $0.isEnded })
    }

    /// Waits for the end of file and returns everything.
    public func readToEnd() async throws -> [UInt8] {
        try await state.wait { $0.isEnded }.bytes
    }

    /// Takes what is there now, then stops and returns everything.
    public func finish() async throws -> [UInt8] {
        stop()
        return try await readToEnd()
    }

    private func stop() {
        stopper.update { descriptor in
            if let open = descriptor { close(open) }
            descriptor = nil
        }
    }

    /// Two bare numbers: a tuple cannot hold owners.
    private static func pipe() throws -> (reader: Int32, writer: Int32) {
        var ends: [Int32] = [-1, -1]
        let code = ends.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { cms_pipe($0) } ?? EINVAL
        }
        try SystemError.check(code)
        return (ends[0], ends[1])
    }

    private static func collect(_ source: Int32, _ stop: Int32, _ state: Observed<State>) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var watched = [
            pollfd(fd: source, events: Int16(POLLIN), revents: 0), pollfd(fd: stop, events: Int16(POLLIN), revents: 0),
        ]
        reading: while true {
            while poll(&watched, 2, -1) < 0 && errno == EINTR {}
            let isStopped = watched[1].revents != 0
            while true {
                let count = read(source, &buffer, buffer.count)
                // A terminal's master says EIO when its last slave is closed.
                if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { break reading }
                if count < 0 { break }
                let part = Array(buffer[..<count])
                state.update { $0.bytes += part }
            }
            if isStopped { break }
        }
        state.update { $0.isEnded = true }
    }
}
