import ArgumentParser

/// `sandboxctl code`
struct Code: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs code in a kernel, and keeps kernels with their state.",
        subcommands: [CodeRun.self, CodeCreate.self, CodeList.self, CodeDelete.self],
        defaultSubcommand: CodeRun.self
    )
}
