import HelperProtocol

@testable import NSHelper

/// What the plans of these tests are made from. Every number is one that nothing else has, so that a mix-up shows.
enum Layout {
    static let ids = SandboxIdentities(
        control: 4200,
        user: 4201,
        secure: 4202,
        controlGroup: 4300,
        workspaceGroup: 4301
    )
    static let namespaces = ChildPlan.Namespaces(mount: 51, ipc: 52, uts: 53)

    static let limits: SandboxLimits = {
        var configuration = HelperConfiguration()
        (configuration.userProcesses, configuration.openFiles) = (777, 7777)
        return SandboxLimits(configuration, ownScore: 0, containerProcesses: nil)
    }()

    static func make(
        workspace: String = "/workspace",
        sharing: WorkspaceSharing = .idmapped,
        sizes: MountSizes = MountSizes(),
        hiddenPaths: [String] = ["/opt/ns-helper", "/srv/secrets"],
        socketDirectory: String? = nil,
        identityMap: Int32? = 63
    ) -> SandboxLayout {
        SandboxLayout(
            ids: ids,
            workspace: workspace,
            sharing: sharing,
            sizes: sizes,
            hiddenPaths: hiddenPaths,
            socketDirectory: socketDirectory,
            limits: limits,
            descriptors: LayoutDescriptors(null: 61, lifeline: 62, identityMap: identityMap)
        )
    }

    static func command(
        _ program: ChildPlan.Command.Program = .execute(Array("/bin/sh".utf8)),
        terminal: TerminalSize? = nil
    ) -> ChildPlan.Command {
        ChildPlan.Command(
            program: program,
            workingDirectory: Array("/workspace/project".utf8),
            streams: [71, 72, 73],
            terminal: terminal
        )
    }
}
