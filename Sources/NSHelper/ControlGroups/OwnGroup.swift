/// The group of this process, to be looked at and perhaps to be divided.
struct OwnGroup {
    /// nil where it cannot be had, or is not asked for.
    let directory: ControlDirectory?
    /// Why it cannot be had.
    let failure: ControlGroups.Failure?

    /// - Parameter membership: The text of /proc/self/cgroup.
    init(_ configuration: HelperConfiguration, _ membership: String) {
        guard configuration.cgroups != .off else {
            (directory, failure) = (nil, nil)
            return
        }
        do throws(ControlGroups.Failure) {
            directory = try ControlGroups.own(cgroups: membership)
            failure = nil
        } catch {
            (directory, failure) = (nil, error)
        }
    }
}
