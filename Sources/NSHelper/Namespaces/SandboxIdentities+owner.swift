import HelperProtocol

extension SandboxIdentities {
    /// uid and gid of the processes in a namespace.
    func owner(_ namespace: SandboxNamespace) -> (uid: UInt32, gid: UInt32) {
        switch namespace {
        case .control: (control, controlGroup)
        case .user: (user, workspaceGroup)
        case .secure: (secure, workspaceGroup)
        }
    }
}
