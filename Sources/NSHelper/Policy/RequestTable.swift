import HelperProtocol

/// The helper's policy: what each door may ask, and why granting it is safe. A request without a row, or
/// through another door, is refused; one before `hello` ends the connection.
enum RequestTable {
    /// Through which door a connection came.
    enum Door: Hashable {
        /// The socket pair that the server inherited.
        case server
        /// The path socket, by a process of the control uid.
        case control
        /// The path socket, by root.
        case root
    }

    struct Row {
        var operation: Operation
        /// Whether `hello` must have been answered before.
        var needsGreeting: Bool
        var doors: Set<Door>
        var reason: StaticString
    }

    static let rows: [Row] = [
        Row(
            operation: .hello,
            needsGreeting: false,
            doors: [.server, .control, .root],
            reason: "tells ids, ports and mode: nothing that a peer of this uid could not see for itself"
        ),
        Row(
            operation: .spawn,
            needsGreeting: true,
            doors: [.server, .control, .root],
            reason: """
                the new process gets less than the peer has: a fixed uid without capability, a namespace that \
                cannot see the peer, descriptors of three harmless kinds that the peer held already
                """
        ),
        Row(
            operation: .signal,
            needsGreeting: true,
            doors: [.server, .control, .root],
            reason: "reaches only a command of the same connection, by pidfd and generation"
        ),
        Row(
            operation: .terminate,
            needsGreeting: true,
            doors: [.server, .control, .root],
            reason: "reaches only a command of the same connection and its descendants"
        ),
        Row(
            operation: .resize,
            needsGreeting: true,
            doors: [.server, .control, .root],
            reason: "changes the size of a terminal that the same connection asked for"
        ),
        Row(
            operation: .status,
            needsGreeting: true,
            doors: [.server, .control, .root],
            reason: "counts and ages; no command line, no environment"
        ),
        Row(
            operation: .reset,
            needsGreeting: true,
            doors: [.server, .control, .root],
            reason: "kills what ran on the peer's behalf anyway; control cannot be named"
        ),
        Row(
            operation: .shutdown,
            needsGreeting: true,
            doors: [.root],
            reason:
                "root in the container can stop the pair anyway; the control uid may not, so that a server taken over cannot"
        ),
    ]

    /// Whether the request may be carried out now.
    static func permits(_ operation: Operation, door: Door, greeted: Bool) -> Bool {
        guard let row = rows.first(where: { $0.operation == operation }) else { return false }
        return row.doors.contains(door) && (greeted || !row.needsGreeting)
    }
}
