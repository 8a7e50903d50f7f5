import CMessageShim
import Glibc
import HelperTransport

/// The thread that receives what the helper sends.
///
/// A thread of its own and not an event loop, because this room must work in programs without one, and not a task,
/// because it spends its life blocked in recvmsg(2). It holds the connection, so the socket stays open under it.
enum ReaderThread {
    static func start(_ connection: HelperConnection) throws(SystemError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(connection)
        let code = pthread_create(
            &thread,
            &attributes,
            { argument in
                guard let argument else { return nil }
                // Balances passRetained: the thread owns this reference from here to its end.
                Unmanaged<HelperConnection>.fromOpaque(argument).takeRetainedValue().receiveUntilClosed()
                return nil
            },
            argument.toOpaque()
        )
        guard code == 0 else {
            argument.release()
            throw SystemError(errno: code)
        }
    }
}

/// errno(3) values under names that other files can use without importing the C library.
let brokenPipe = EPIPE
let connectionReset = ECONNRESET
let badMessage = EBADMSG
