import ArgumentParser

/// `sandboxctl helper`
struct Helper: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Speaks with the helper itself, over its socket; for root on the machine of the pair.",
        subcommands: [HelperStatus.self, HelperReset.self]
    )
}
