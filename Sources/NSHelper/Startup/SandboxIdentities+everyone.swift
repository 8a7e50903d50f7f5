import HelperProtocol

extension SandboxIdentities {
    /// One identity for all three, where nothing else can be had.
    init(everyone uid: UInt32, group gid: UInt32) {
        self.init(control: uid, user: uid, secure: uid, controlGroup: gid, workspaceGroup: gid)
    }
}
