import Glibc
import HelperProtocol
import HelperTransport

/// One client of the helper, through either door.
final class Connection {
    let id: UInt64
    let door: RequestTable.Door
    private let channel: RecordChannel
    private(set) var isGreeted = false
    private var lastRequestID: UInt64 = 0
    private var outgoing: [Outgoing] = []

    /// A record that the client's full queue did not take, with the descriptor that belongs to it.
    private final class Outgoing {
        let record: [UInt8]
        let descriptor: OwnedDescriptor?

        init(record: [UInt8], descriptor: consuming OwnedDescriptor?) {
            self.record = record
            self.descriptor = descriptor
        }
    }

    /// More than this many waiting records, and the client has lost interest: every command of a full table
    /// can have one reply and one event under way.
    private static let outgoingLimit = 16_384

    init(id: UInt64, door: RequestTable.Door, channel: consuming RecordChannel) {
        self.id = id
        self.door = door
        self.channel = channel
    }

    var rawValue: Int32 { channel.rawValue }

    /// A client that does not take answers is not asked for questions: back-pressure, never loss.
    var wantsToSend: Bool { !outgoing.isEmpty }

    /// What the client did.
    enum Received: ~Copyable {
        case nothing
        case closed
        /// It broke the protocol; the connection must be closed.
        case violation
        case request(id: UInt64, HelperRequest, DescriptorList)
    }

    /// Reads one request, without waiting.
    func receive() -> Received {
        let received: RecordChannel.Received
        do {
            guard let record = try channel.receive(waiting: false) else { return .closed }
            received = record
        } catch {
            return error.errno == EAGAIN ? .nothing : error.errno == EBADMSG ? .violation : .closed
        }
        guard let decoded = try? HelperRequest.decode(received.record, descriptorCount: received.descriptors.count),
            decoded.id > lastRequestID
        else { return .violation }
        lastRequestID = decoded.id
        return .request(id: decoded.id, decoded.request, received.consumeDescriptors())
    }

    func greet() { isGreeted = true }

    /// Sends a reply; false when the client is gone or hopelessly behind.
    func reply(_ reply: HelperReply, to id: UInt64, descriptor: consuming OwnedDescriptor? = nil) -> Bool {
        let hasDescriptor = descriptor != nil
        return send(reply.encoded(id: id, descriptorCount: hasDescriptor ? 1 : 0), descriptor: descriptor)
    }

    /// Sends an event; false when the client is gone or hopelessly behind.
    func event(_ event: HelperEvent) -> Bool { send(event.encoded(), descriptor: nil) }

    private func send(_ record: [UInt8], descriptor: consuming OwnedDescriptor?) -> Bool {
        guard outgoing.count < Self.outgoingLimit else { return false }
        outgoing.append(Outgoing(record: record, descriptor: descriptor))
        return flush()
    }

    /// Sends what waits, as far as the client takes it.
    func flush() -> Bool {
        while let next = outgoing.first {
            let number = next.descriptor.number
            do {
                try channel.send(next.record, descriptors: number.map { [$0] } ?? [], waiting: false)
            } catch {
                return error.errno == EAGAIN
            }
            outgoing.removeFirst()
        }
        return true
    }
}
