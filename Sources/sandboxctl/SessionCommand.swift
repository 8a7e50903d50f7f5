import ArgumentParser

/// `sandboxctl session`
struct SessionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "session",
        abstract: "Lists, makes and deletes sessions.",
        subcommands: [SessionList.self, SessionCreate.self, SessionDelete.self],
        defaultSubcommand: SessionList.self
    )
}
