import SandboxAPI

/// One line of the audit log. The schema is a promise: Docs/Audit.md lists the members, and a test compares.
struct AuditRecord: Sendable {
    /// How an action went.
    enum Outcome: String, Sendable, CaseIterable {
        case ok, failed, refused, timeout, disconnected
    }

    /// When it was over.
    var time = Timestamp.now()
    var request: String
    var action: String
    var peer: AuditPeer
    var facts = AuditFacts()
    var outcome: Outcome
    /// HTTP status; nil if nobody was there to be answered.
    var status: Int?
    /// Code of the API's error.
    var error: String?
    var milliseconds: Int
    /// Lines that could not be written before this one.
    var lost = 0
    /// Refusals that were not noted because there were too many.
    var skipped = 0

    /// Names and values in the order of the line.
    private var members: [(name: String, value: String)] {
        [
            ("v", "1"), ("time", Self.text(time)), ("request", Self.text(request)), ("action", Self.text(action)),
            ("peer", Self.text(peer.kind.rawValue)), ("uid", Self.number(peer.uid.map(Int.init))),
            ("address", Self.text(peer.address)), ("token", Self.text(facts.token.rawValue)),
            ("namespace", Self.text(facts.namespace?.rawValue)), ("session", Self.text(facts.session)),
            ("process", Self.text(facts.process)), ("port", Self.number(facts.port)),
            ("env", "[" + facts.variables.map(Self.text).joined(separator: ",") + "]"),
            ("outcome", Self.text(outcome.rawValue)), ("status", Self.number(status)), ("error", Self.text(error)),
            ("exit", Self.number(facts.exitStatus)), ("ms", "\(milliseconds)"), ("lost", "\(lost)"),
            ("skipped", "\(skipped)"),
        ]
    }

    /// The line without its end: printable ASCII, whatever the names hold.
    var line: String {
        "{" + members.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ",") + "}"
    }

    private static func number(_ value: Int?) -> String { value.map { "\($0)" } ?? "null" }

    /// A JSON string (RFC 8259) in which everything but printable ASCII is escaped, so that neither a line end nor a
    /// terminal's control sequence comes into the log; at most 256 scalars of it.
    private static func text(_ value: String?) -> String {
        guard let value else { return "null" }
        var text = "\""
        for scalar in value.unicodeScalars.prefix(256) {
            switch scalar {
            case "\"", "\\": text += "\\\(scalar)"
            case " "..."~": text.unicodeScalars.append(scalar)
            default: for unit in String(scalar).utf16 { text += escape(unit) }
            }
        }
        return text + "\""
    }

    private static func escape(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
