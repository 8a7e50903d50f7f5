import Glibc
import HelperProtocol

/// What the plans of mode `landlock` have instead of other uids. Nothing here needs a capability, and whatever is given up is
/// checked to be gone all the same.
extension ChildPlan {
    /// Somebody else for good: with another uid, or, where there is but one, with no right that the uid does not have.
    static func become(
        uid: UInt32,
        effective: UInt32? = nil,
        gid: UInt32,
        _ layout: SandboxLayout,
        diesWithParent: Bool = true
    ) -> [Step] {
        guard layout.granted != nil else {
            return dropPrivileges(
                uid: uid,
                effective: effective,
                gid: gid,
                dropsBounding: layout.dropsBounding,
                diesWithParent: diesWithParent
            )
        }
        return [
            .sessionKeyring, .clearAmbient, .dropCapabilities,
            // Groups and bounding set are the container's: to change them would need privilege.
            .verifyIdentity(
                uid: layout.ids.user,
                gid: layout.ids.workspaceGroup,
                boundingIsEmpty: false,
                groupsAreEmpty: false
            ),
        ] + (diesWithParent ? [.parentDeathSignal(SIGKILL)] : [])
    }

    /// A keeper's domain. What it keeps is in a domain inside of this one: that is whom its signals reach, and from in there
    /// nobody reaches it.
    static func keeperDomain(_ layout: SandboxLayout) -> [Step] {
        layout.granted == nil ? [] : [.landlock(LandlockRules(version: layout.landlockVersion))]
    }

    /// The one domain of everything in `user`, entered by the forker before it forks anybody: its members can signal and
    /// trace each other, which those of two domains cannot, not even with the same rules. nil in other modes.
    static func userRules(_ layout: SandboxLayout) -> LandlockRules? {
        guard let granted = layout.granted else { return nil }
        let open = granted + [layout.homes + "/user", layout.workspace]
        return LandlockRules(
            version: layout.landlockVersion,
            readable: open,
            // In /proc the one uid could write to the files of processes outside, which are not all about tracing.
            writable: (layout.grantedToChange + [layout.homes + "/user", layout.workspace])
                .filter { !($0 + "/").hasPrefix("/proc/") }
        )
    }

    static func userFilter(_ layout: SandboxLayout) -> FilterName { layout.granted == nil ? .user : .domainUser }

    /// Files are shared through a group only where there are several uids and no map between them.
    static func mask(_ layout: SandboxLayout) -> UInt32 {
        layout.sharing == .idmapped || layout.granted != nil ? 0o022 : 0o002
    }

    /// nil in mode `landlock`: only root may write the score of a process that is not dumpable, and none of these may be.
    static func score(_ share: SandboxLimits.Share, _ layout: SandboxLayout) -> Int? {
        layout.granted == nil ? share.outOfMemoryScore : nil
    }
}
