/// Whether the pair makes cgroups of its own.
enum ControlGroupDemand: String, CaseIterable {
    /// Where it may.
    case auto
    case off
    /// Or not start.
    case required
}
