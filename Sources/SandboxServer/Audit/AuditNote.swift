import SandboxAPI
import Synchronization

/// The facts about one action, put down by whoever comes to know them, like the metadata of a log line.
///
/// Known to everything that runs on behalf of a request by way of the task, so that no signature has to carry it.
/// Absent where no audit log is kept.
final class AuditNote: Sendable {
    @TaskLocal static var current: AuditNote?

    private let state = Mutex(AuditFacts())
    private let log: AuditLog

    /// - Parameter log: Where the action's line goes, and later ones about what it leaves running.
    init(_ log: AuditLog) {
        self.log = log
    }

    /// The facts as they are now.
    var facts: AuditFacts { state.withLock { $0 } }

    /// Adds to the facts of the request at hand.
    static func add(_ change: (inout AuditFacts) -> Void) {
        current?.state.withLock { change(&$0) }
    }

    /// Notes what is about to be run. Of several parts of one action the one with credentials counts.
    static func plan(_ plan: ExecPlan) {
        add { facts in
            if facts.namespace != .secure { facts.namespace = plan.namespace }
            if facts.variables.isEmpty { facts.variables = plan.variables.map(\.name) }
        }
    }

    /// Notes the end of a background process that the request at hand has started, whenever that may be.
    ///
    /// - Returns: What writes the line; nil where no audit log is kept.
    static func end(of process: ManagedProcess) -> (@Sendable (_ exitCode: Int) -> Void)? {
        guard let note = current else { return nil }
        let begun = note.facts
        return { [log = note.log] exitCode in
            var facts = begun
            // Nobody asks for an end of its own, so no token was shown for it.
            (facts.token, facts.exitStatus, facts.isTimedOut) = (.off, exitCode, process.isTimedOut)
            log.write(
                AuditRecord(
                    request: log.nextRequest(),
                    action: AuditAction.ended,
                    peer: .server,
                    facts: facts,
                    outcome: facts.isTimedOut ? .timeout : .ok,
                    milliseconds: Int((ContinuousClock.now - process.startedInstant) / .milliseconds(1))
                )
            )
        }
    }
}
