import HelperProtocol

/// What a connection remembers: who waits for which reply, and whose exit is still to come.
///
/// Pure: no I/O, no lock, no continuation. `Request` and `Process` are whatever the owner needs to wake someone.
struct ConnectionState<Request: Sendable, Process: Sendable>: Sendable {
    /// What the owner must do about a record it received.
    enum Action: Sendable {
        /// The reply to this request came. If it started a process that is already over, its end comes along.
        case answer(Request, HelperReply, ended: (Process, ExitStatus)?)
        /// This process is over.
        case end(Process, ExitStatus)
        /// A namespace was made anew.
        case reset(SandboxNamespace, generation: UInt32)
        /// Nobody has to be told yet.
        case none
        /// The helper broke the protocol: close the connection.
        case close
    }

    private struct Pending {
        var request: Request
        var operation: HelperProtocol.Operation
        var process: Process?
    }

    private var pending: [UInt64: Pending] = [:]
    private var running: [ProcessHandle: Process] = [:]
    private var early: [ProcessHandle: ExitStatus] = [:]
    private var pendingSpawns = 0
    private(set) var isClosed = false

    /// Notes a request that is about to be sent; false when the connection is closed and it must not be.
    mutating func willSend(
        _ id: UInt64,
        _ operation: HelperProtocol.Operation,
        _ request: Request,
        process: Process?
    )
        -> Bool
    {
        guard !isClosed else { return false }
        pending[id] = Pending(request: request, operation: operation, process: process)
        if process != nil { pendingSpawns += 1 }
        return true
    }

    /// Takes back a request whose record could not be sent; nil if it was answered or failed in the meantime.
    mutating func couldNotSend(_ id: UInt64) -> Request? {
        remove(id)?.request
    }

    /// Judges one record.
    mutating func received(_ message: HelperMessage) -> Action {
        switch message {
        case .event(.namespaceReset(let namespace, let generation)): return .reset(namespace, generation: generation)
        case .event(.processExited(let handle, let status)): return exited(handle, status)
        case .reply(let id, let reply): return replied(id, reply)
        }
    }

    /// Ends everything: hands out all who wait. Later calls hand out nothing.
    mutating func close() -> (requests: [Request], processes: [Process]) {
        isClosed = true
        defer {
            pending = [:]
            running = [:]
            early = [:]
            pendingSpawns = 0
        }
        return (pending.values.map(\.request), Array(running.values))
    }

    private mutating func exited(_ handle: ProcessHandle, _ status: ExitStatus) -> Action {
        if let process = running.removeValue(forKey: handle) { return .end(process, status) }
        // An end may overtake the reply that would have named the process, but only while such a reply is due,
        // and never twice.
        guard early.count < pendingSpawns, early.updateValue(status, forKey: handle) == nil else { return .close }
        return .none
    }

    private mutating func replied(_ id: UInt64, _ reply: HelperReply) -> Action {
        // Until the reply is found good the request stays in the table, so that close() still wakes its waiter.
        guard let entry = pending[id] else { return .close }
        switch reply {
        case .failed: break
        case .spawned(let spawned):
            guard let process = entry.process, running[spawned.handle] == nil else { return .close }
            remove(id)
            if let status = early.removeValue(forKey: spawned.handle) {
                return .answer(entry.request, reply, ended: (process, status))
            }
            running[spawned.handle] = process
            return .answer(entry.request, reply, ended: nil)
        default:
            // A reply's number is its request's number with bit 15 set.
            guard reply.operation.rawValue == entry.operation.rawValue | 0x8000 else { return .close }
        }
        remove(id)
        return .answer(entry.request, reply, ended: nil)
    }

    @discardableResult
    private mutating func remove(_ id: UInt64) -> Pending? {
        guard let entry = pending.removeValue(forKey: id) else { return nil }
        if entry.process != nil { pendingSpawns -= 1 }
        return entry
    }
}
