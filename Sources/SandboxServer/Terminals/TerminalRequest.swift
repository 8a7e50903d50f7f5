import HelperProtocol
import HummingbirdCore
import SandboxAPI

/// What a socket asks for in the query of `/ws/pty`, found good.
struct TerminalRequest: Sendable {
    /// Where a shell is looked for that is given by its name.
    private static let shells = ["bash", "sh", "zsh", "fish"]

    var sessionId: String
    var size: TerminalSize
    /// Absolute path; nil for the default.
    var shell: String?

    /// - Throws: ``APIError`` that names the parameter.
    init(_ uri: URI) throws(APIError) {
        let query = uri.queryParameters
        guard let id = query["sessionId"].map(String.init), !id.allSatisfy(\.isWhitespace) else {
            throw .invalid("sessionId", "is missing")
        }
        guard id.utf8.count <= 256, !id.utf8.contains(0) else {
            throw .invalid("sessionId", "must have 1 to 256 bytes")
        }
        sessionId = id
        let columns = try Self.cells("cols", query["cols"], 80)
        size = TerminalSize(rows: try Self.cells("rows", query["rows"], 24), columns: columns)
        guard let name = query["shell"].map(String.init), !name.isEmpty else { return }
        guard name.contains("/") else {
            guard Self.shells.contains(name) else {
                throw .invalid("shell", "must be an absolute path or one of \(Self.shells.joined(separator: ", "))")
            }
            shell = "/bin/\(name)"
            return
        }
        if let problem = PathRules.problem(name) { throw .invalid("shell", problem) }
        shell = name
    }

    private static func cells(_ name: String, _ text: Substring?, _ standard: UInt16) throws(APIError) -> UInt16 {
        guard let text, !text.isEmpty else { return standard }
        let range = ProtocolLimits.terminalCells
        guard let number = UInt16(text), range.contains(number) else {
            throw .invalid(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
