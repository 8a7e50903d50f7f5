import Synchronization

/// One action under way. Its line is written exactly once: when it is finished, or, if its answer is dropped before
/// anybody read it to the end, with the last reference to it.
final class AuditEntry: Sendable {
    private let log: AuditLog
    private let peer: AuditPeer
    private let action: String?
    private let start = ContinuousClock.now
    private let isFinished = Mutex(false)
    let request: String
    let note: AuditNote

    /// - Parameter action: nil for a request that is noted only if it is refused.
    init(_ log: AuditLog, _ action: String?, _ peer: AuditPeer) {
        self.log = log
        self.action = action
        self.peer = peer
        request = log.nextRequest()
        note = AuditNote(log)
    }

    deinit {
        write(status: nil, error: nil, outcome: .disconnected)
    }

    /// It has been answered.
    func finish(status: Int, error: String? = nil) {
        write(status: status, error: error, outcome: note.facts.isRefused ? .refused : status < 400 ? .ok : .failed)
    }

    /// The caller was gone before the end of the answer.
    func abandon() {
        write(status: nil, error: nil, outcome: .disconnected)
    }

    private func write(status: Int?, error: String?, outcome: AuditRecord.Outcome) {
        let wasFinished = isFinished.withLock { isFinished in
            defer { isFinished = true }
            return isFinished
        }
        guard !wasFinished, action != nil || outcome == .refused else { return }
        let facts = note.facts
        let milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
        log.write(
            AuditRecord(
                request: request,
                action: action ?? AuditAction.other,
                peer: peer,
                facts: facts,
                outcome: facts.isTimedOut ? .timeout : outcome,
                status: status,
                error: error ?? facts.error,
                milliseconds: milliseconds
            )
        )
    }
}
