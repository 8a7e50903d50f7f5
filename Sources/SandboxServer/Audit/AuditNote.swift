import SandboxAPI
import Synchronization

/// The facts about one action, put down by whoever comes to know them, like the metadata of a log line.
///
/// Known to everything that runs on behalf of a request by way of the task, so that no signature has to carry it.
/// Absent where no audit log is kept.
final class AuditNote: Sendable {
    @TaskLocal static var current: AuditNote?

    private let state = Mutex(AuditFacts())

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
}
