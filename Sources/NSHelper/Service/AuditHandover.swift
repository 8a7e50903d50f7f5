import Glibc
import HelperTransport

/// Gives one server the descriptor of its audit log, and a new one whenever the log is opened anew.
///
/// Over a connection of its own: each record is one byte, and carries one descriptor. The server looks for a newer one
/// before each line it writes; a renamed file gets no line that begins after the new one has been handed over.
final class AuditHandover {
    private let channel: RecordChannel
    /// The server's end, until the server has it.
    private var far: OwnedDescriptor?
    /// The number of the server's end.
    let farNumber: Int32

    /// Sends the first descriptor before there is a server to read it.
    init(_ sink: AuditSink) throws(SystemError) {
        let pair = try RecordChannel.pair()
        farNumber = fcntl(pair.far.rawValue, F_DUPFD_CLOEXEC, 0)
        guard farNumber >= 0 else { throw SystemError(errno: errno) }
        far = OwnedDescriptor(adopting: farNumber)
        channel = RecordChannel(adopting: pair.consumeNear())
        try send(sink)
    }

    /// The server has been started; its end exists there alone from now on.
    func serverHasStarted() { far = nil }

    /// Hands another descriptor over; EAGAIN if the server has left too many of them unread.
    func send(_ sink: AuditSink) throws(SystemError) {
        try channel.send([1], descriptors: [sink.descriptor.rawValue], waiting: false)
    }
}
