import Glibc
import HelperTransport

/// How this server reaches Jupyter, and by what Jupyter knows it. Prints nothing of the token.
struct JupyterAddress: Sendable, CustomStringConvertible, CustomReflectable {
    /// The directory that only the control uid can enter.
    let directory: String
    /// Value of the header `Authorization`.
    let authorization: String

    /// Jupyter's listening socket.
    var socketPath: String { directory + "/server.sock" }
    /// Where files with credentials are handed over.
    var payloadPath: String { directory + "/payload.sock" }

    init(directory: String, token: String) {
        self.directory = directory
        authorization = "token " + token
    }

    /// From what the helper left: a variable and a sealed file; nil if there is no Jupyter.
    init?(_ environment: [String: String], token descriptor: Int32?) throws(StartupError) {
        guard let descriptor else { return nil }
        let file = OwnedDescriptor(adopting: descriptor)
        guard let directory = environment["SANDBOX_JUPYTER_DIRECTORY"], PathRules.problem(directory) == nil else {
            throw StartupError("SANDBOX_JUPYTER_DIRECTORY must be an absolute path; start the server by ns-helper.")
        }
        var bytes = [UInt8](repeating: 0, count: 256)
        // Not read(2): the offset is shared with every later server.
        let count = pread(file.rawValue, &bytes, bytes.count, 0)
        guard (32...128).contains(count), bytes[..<count].allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw StartupError("Jupyter's token cannot be read; start the server by ns-helper.")
        }
        self.init(directory: directory, token: String(decoding: bytes[..<count], as: UTF8.self))
    }

    var description: String { "Jupyter in \(directory)" }
    var customMirror: Mirror { Mirror(self, children: ["directory": directory]) }
}
