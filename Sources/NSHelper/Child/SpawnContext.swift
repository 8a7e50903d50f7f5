import HelperTransport

/// What every spawn needs besides its steps; made once at start.
struct SpawnContext: ~Copyable {
    var layout: SandboxLayout
    let filters: FilterSet
    /// nil where the pair has none of its own.
    var groups: ControlGroups?
    /// The helper's own PID namespace, to which it returns after each clone elsewhere.
    let ownPIDNamespace: OwnedDescriptor
}
