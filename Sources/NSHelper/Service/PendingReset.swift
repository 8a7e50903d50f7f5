import HelperProtocol

/// Somebody who waits for a namespace to be made anew.
struct PendingReset {
    let connection: UInt64
    let request: UInt64
    let namespace: SandboxNamespace
    /// The namespace's generation that the answer is due for.
    let generation: UInt32
    /// pid of the init that was killed.
    let killedInit: Int32?
    /// The commands that were killed with it: their exit events go first.
    let commands: [ProcessHandle]
    /// When the answer no longer waits for the last of the killed processes to be gone: a fork bomb's thousands take
    /// their time, and none of them does anything any more.
    /// nil when that time has come.
    var deadlineMicroseconds: UInt64?

    static let patienceMicroseconds: UInt64 = 20_000
}
