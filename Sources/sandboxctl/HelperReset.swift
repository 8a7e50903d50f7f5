import ArgumentParser
import HelperClient
import HelperProtocol

/// `sandboxctl helper reset`
struct HelperReset: AsyncParsableCommand {
    /// The namespaces that can be made anew.
    enum Target: String, ExpressibleByArgument, CaseIterable {
        case user, secure
    }

    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Kills everything in a namespace and makes it anew; files of the workspace stay."
    )

    @OptionGroup var helper: HelperOptions

    @Argument(help: "user or secure.")
    var namespace = Target.user

    func run() async throws {
        let target: SandboxNamespace = namespace == .user ? .user : .secure
        let generation = try await helper.withHelper { try await $0.reset(target) }
        Output.line("\(namespace.rawValue): generation \(generation)")
    }
}
