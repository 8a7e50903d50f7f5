import Glibc
import HelperTransport
import Logging
import Synchronization

/// The audit log: appends lines to what the helper has opened, and says when it cannot.
///
/// Fail closed: after a line could not be written, no further action is begun until one can be. What was under way then
/// goes on; the lines it loses are counted, and the next line that is written tells how many.
final class AuditLog: Sendable {
    private struct State: ~Copyable {
        /// Where the helper sends what it has opened, and opened anew.
        let channel: RecordChannel
        var sink: Sink?
        var lost = 0
        var isFailing = false
        /// Whether half a line was written.
        var isTorn = false
        var refusals = RefusalBudget()
        var requests: UInt64 = 0
    }

    private final class Sink: Sendable {
        let descriptor: OwnedDescriptor
        /// Whether it is a socket of syslog(3)'s.
        let isSystemLog: Bool

        init(_ descriptor: consuming OwnedDescriptor) {
            var status = stat()
            isSystemLog = fstat(descriptor.rawValue, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
            self.descriptor = descriptor
        }
    }

    /// Of syslog(3): facility 13, "log audit", severity 6.
    private static let systemLogPrefix = "<110>sandbox-server: "

    private let state: Mutex<State>
    private let logger: Logger
    /// Distinguishes this server's requests from those of the one before.
    private let prefix = String(UInt32.random(in: .min ... .max), radix: 36)

    /// Takes over the helper's channel and writes the first line; if that fails, nothing is done from the start.
    init(adopting channel: consuming OwnedDescriptor, logger: Logger) {
        state = Mutex(State(channel: RecordChannel(adopting: channel)))
        self.logger = logger
        write(own(AuditAction.started))
    }

    /// A new request's id.
    func nextRequest() -> String {
        let number = state.withLock { state in
            state.requests += 1
            return state.requests
        }
        return "\(prefix)-\(number)"
    }

    /// Whether an action may be begun. After a failure this tries to write.
    func isReady() -> Bool {
        guard state.withLock({ $0.isFailing }) else { return true }
        return write(own(AuditAction.resumed))
    }

    /// Appends a line; false if it could not be written, and counts it then.
    @discardableResult
    func write(_ record: AuditRecord) -> Bool {
        var record = record
        let (isWritten, hasChanged) = state.withLock { state in
            if record.outcome == .refused, [.inside, .unidentified].contains(record.peer.kind) {
                guard let skipped = state.refusals.take(.now) else { return (true, false) }
                record.skipped = skipped
            }
            record.lost = state.lost
            let isWritten = Self.append(record.line, &state)
            let wasFailing = state.isFailing
            state.isFailing = !isWritten
            // The attempt to go on is no action of its own.
            if isWritten { state.lost = 0 } else if record.action != AuditAction.resumed { state.lost += 1 }
            return (isWritten, wasFailing == isWritten)
        }
        if hasChanged {
            if isWritten {
                logger.notice("The audit log can be written again.")
            } else {
                logger.error("The audit log cannot be written: nothing is done that would have to be in it.")
            }
        }
        return isWritten
    }

    private func own(_ action: String) -> AuditRecord {
        AuditRecord(request: nextRequest(), action: action, peer: .server, outcome: .ok, status: nil, milliseconds: 0)
    }

    /// Writes a whole line, at once: lines of several servers do not mix in a file that all append to.
    private static func append(_ line: String, _ state: inout State) -> Bool {
        renew(&state)
        guard let sink = state.sink else { return false }
        let text = sink.isSystemLog ? systemLogPrefix + line : (state.isTorn ? "\n" : "") + line + "\n"
        let bytes = Array(text.utf8)
        let count =
            sink.isSystemLog
            ? send(sink.descriptor.rawValue, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
            : Glibc.write(sink.descriptor.rawValue, bytes, bytes.count)
        guard count == bytes.count else {
            // A full disk takes what fits.
            state.isTorn = state.isTorn || count > 0
            return false
        }
        state.isTorn = false
        return true
    }

    /// Takes what the helper has sent since the last line.
    private static func renew(_ state: inout State) {
        while var received = try? state.channel.receive(waiting: false) {
            guard let sink = received.descriptors.take(0) else { continue }
            state.isTorn = false
            state.sink = Sink(sink)
        }
    }
}
