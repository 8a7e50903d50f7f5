import Glibc
import HelperClient
import HelperProtocol
import HelperTransport

/// The helper's end of a connection, driven by a test on a thread of its own.
enum ScriptedHelper {
    /// What the script can do.
    struct End: ~Copyable, Sendable {
        let channel: RecordChannel

        /// Waits for the next request; nil when the client has closed.
        func next() -> (id: UInt64, request: HelperRequest)? {
            guard let received = try? channel.receive() else { return nil }
            return try? HelperRequest.decode(received.record, descriptorCount: received.descriptors.count)
        }

        /// Sends a reply.
        func reply(_ id: UInt64, _ reply: HelperReply, descriptors: [Int32] = []) {
            try? channel.send(
                reply.encoded(id: id, descriptorCount: descriptors.count),
                descriptors: descriptors
            )
        }

        /// Sends an event.
        func event(_ event: HelperEvent) {
            try? channel.send(event.encoded())
        }
    }

    private final class Box: Sendable {
        let script: @Sendable (borrowing End) -> Void
        let end: End

        init(_ end: consuming End, _ script: @escaping @Sendable (borrowing End) -> Void) {
            self.end = end
            self.script = script
        }
    }

    /// A client whose helper follows `script`, and hangs up after it.
    static func client(_ script: @escaping @Sendable (borrowing End) -> Void) throws -> HelperClient {
        let pair = try RecordChannel.pair()
        let far = dup(pair.far.rawValue)
        let box = Box(End(channel: RecordChannel(adopting: OwnedDescriptor(adopting: far))), script)
        ThreadStarter.start {
            box.script(box.end)
            box.end.channel.shutDown()
        }
        return try HelperClient(adopting: pair.consumeNear())
    }
}
