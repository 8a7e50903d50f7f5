public import ArgumentParser
public import SandboxAPI

/// `rw`, `ro` or `none`.
extension WorkspaceAccessName: ExpressibleByArgument {}
