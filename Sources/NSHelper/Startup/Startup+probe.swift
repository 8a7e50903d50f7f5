import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

extension Startup {
    /// Says which modes work here; returns the exit status: 0 if the one that was named does, or, without a name,
    /// `namespaces`.
    static func probe(_ configuration: HelperConfiguration) throws -> Int32 {
        umask(0o077)
        let isPrivileged = try dropWhatIsNotNeeded(startsServer: false)
        // Mode `users` makes its directories beside the socket. If that cannot be, its probe says so.
        try? makeDoorDirectory(parent(of: configuration.socket))
        let identities = isPrivileged ? configuration.ids : SandboxIdentities(everyone: getuid(), group: getgid())
        // `none` needs nothing, so there is nothing to find out about it.
        let wanted = configuration.isolation.flatMap { $0 == .none ? nil : $0 } ?? .namespaces
        var works = false
        for mode in IsolationMode.strongestFirst where mode != .none {
            var demanded = configuration
            demanded.isolation = mode
            let isolation = try Isolation.establish(
                demanded,
                identities: identities,
                isPrivileged: isPrivileged,
                isProbe: true,
                report: { _, _ in }
            )
            report(mode, isolation)
            if mode == wanted { works = isolation.failure == nil }
            if case .kept(let spaces) = isolation.mode { spaces.takeDown() }
        }
        return works ? 0 : 1
    }

    private static func report(_ mode: IsolationMode, _ isolation: Isolation) {
        if let failure = isolation.failure {
            print("\(mode.name): not available")
            print("failed step: \(failure.stage.name) (\(SystemError(errno: failure.errno)))")
            print("remedy: \(failure.remedy)")
        } else {
            print("\(mode.name): available")
            print("workspace: \(isolation.context.layout.sharing.name)")
            print("landlock: \(isolation.context.layout.landlockVersion)")
        }
    }
}
