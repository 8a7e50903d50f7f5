/// What the helper says without being asked. Events carry id 0 and go to the connection they concern.
public enum HelperEvent: Sendable, Hashable {
    /// A process started over this connection is gone, and with it, if it had a cell, everything in the cell.
    case processExited(ProcessHandle, ExitStatus)
    /// A namespace was made anew, because it was asked for or because its init had died.
    case namespaceReset(SandboxNamespace, generation: UInt32)

    /// The whole record, ready for one packet.
    public func encoded() -> [UInt8] {
        var fields = FieldWriter()
        switch self {
        case .processExited(let handle, let status):
            fields.put(1, handle.rawValue)
            status.put(into: &fields)
            return fields.record(.processExited, id: 0)
        case .namespaceReset(let namespace, let generation):
            fields.put(1, namespace.rawValue)
            fields.put(2, generation)
            return fields.record(.namespaceReset, id: 0)
        }
    }
}
