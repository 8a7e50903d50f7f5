import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

/// The privileged half of the pair: one thread, no Foundation, no locks, an empty environment.
enum NSHelper {
    /// Reads what it was called with and does it; returns the exit status.
    static func run() -> Int32 {
        #if WEAKENED
            Weakness.begin()
        #endif
        // Before anything else: the container's environment may hold secrets, and is readable in
        // /proc/self/environ for as long as the bytes are there.
        let environment = takeEnvironment()
        do {
            let line = try CommandLine(
                arguments: Swift.CommandLine.arguments.dropFirst().map { $0 },
                environment: environment,
                readFile: { TextFile.read($0) }
            )
            switch line.action {
            case .help: print(Help.text, terminator: "")
            case .version: print("ns-helper \(Help.version)")
            case .probe: return try Startup.probe(line.configuration)
            case .run: return try Startup.run(line.configuration)
            }
            return 0
        } catch let error as ConfigurationError {
            Log.error(error.message)
            return Int32(RestartPolicy.configurationError)
        } catch let failure as HelperFailure {
            Log.error("cannot start: step '\(failure.stage.name)' failed (\(SystemError(errno: failure.errno)))")
            return 1
        } catch {
            Log.error("\(error)")
            return 1
        }
    }

    /// Copies the `SANDBOX_` variables, then wipes the environment and the command line where the kernel put
    /// them; ps shows the program's name alone from here on.
    private static func takeEnvironment() -> [String] {
        var kept: [String] = []
        var entry = environ
        while let variable = entry.pointee {
            let text = String(cString: variable)
            if text.hasPrefix("SANDBOX_") { kept.append(text) }
            entry += 1
        }
        // Swift has not copied the arguments yet: it does so at first use.
        _ = Swift.CommandLine.arguments
        cns_remember_title_area(Swift.CommandLine.unsafeArgv, environ)
        clearenv()
        cns_set_title("ns-helper")
        return kept
    }
}
