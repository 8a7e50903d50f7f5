import ArgumentParser
import Glibc
import SandboxClient

/// `sandboxctl attack`
struct Attack: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Attacks a sandbox, and reports what was held.",
        discussion: """
            Carries out the attacks of Docs/Attacks.md over the API, with and without credentials, and prints for each its \
            id, what was expected and what was seen. The sandbox loses what runs in it, and its workspace gets and loses \
            files: never name one that somebody uses. Needs the program sandbox-attack, which 'scripts/build sandboxctl' \
            puts beside this one, and Python 3.11.

            Exits with 0 if everything was held, with 1 if something is broken, with 2 if an attack could not be carried out.
            """
    )

    @OptionGroup var server: ServerOptions

    @Flag(name: .long, help: "Says that nobody uses this sandbox.")
    var yes = false

    @Option(
        name: .long,
        parsing: .upToNextOption,
        help: ArgumentHelp("Carries out these attacks alone: E11, or a whole section: F.", valueName: "id")
    )
    var only: [String] = []

    @Flag(help: "Prints an object of JSON for each attack, and one for the whole.")
    var json = false

    @Flag(help: "Lists the attacks, and carries out none.")
    var list = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Stores the report in this file.", valueName: "path"),
        completion: .file()
    )
    var output: String?

    @Option(help: "The API's port inside the sandbox, if the address has another one.")
    var apiPort: Int?

    @Option(help: "Jupyter's port inside the sandbox; default: 8888.")
    var jupyterPort: Int?

    @Option(help: ArgumentHelp("The program with the attacks; default: sandbox-attack, beside this one or in PATH."))
    var program: String?

    func validate() throws {
        guard yes || list else {
            throw ValidationError(
                "The attacks kill what runs in the sandbox: say with --yes that nobody uses it, or look at them with --list."
            )
        }
    }

    func run() async throws {
        guard let path = program ?? LocalProgram.find("sandbox-attack") else {
            throw SandboxctlError(
                "The attacks are not on this machine: there is no sandbox-attack beside this program or in PATH.",
                remedy: "'scripts/build sandboxctl' makes it; --program names another place, such as scripts/attack.",
                exitCode: 69
            )
        }
        if let output {
            let descriptor = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
            guard descriptor >= 0, dup2(descriptor, STDOUT_FILENO) >= 0 else {
                throw SandboxctlError.local(output, errno)
            }
        }
        throw SandboxctlError.local(path, LocalProgram.become(path, arguments))
    }

    private var arguments: [String] {
        var words = list ? ["--list"] : [server.address]
        if let file = server.tokenPath { words += ["--token-file", file] }
        if let apiPort { words += ["--api-port", "\(apiPort)"] }
        if let jupyterPort { words += ["--jupyter-port", "\(jupyterPort)"] }
        if json { words.append("--json") }
        if !only.isEmpty { words += ["--only"] + only }
        return words
    }
}
