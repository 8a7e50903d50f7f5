import Glibc
import HelperTransport
import Testing

@testable import NSHelper

struct JupyterProgramTests {
    @Test func withoutAProgramThereIsNone() throws {
        #expect(try JupyterProgram(HelperConfiguration(), .open) == nil)
    }

    @Test(arguments: ["/nowhere/sandbox-jupyter", "/etc/passwd"])
    func aProgramThatCannotBeExecutedStopsTheStart(_ path: String) throws {
        var configuration = HelperConfiguration()
        configuration.jupyter = path
        let error = #expect(throws: ConfigurationError.self) { try JupyterProgram(configuration, .open) }
        #expect(error?.message.contains(path) == true)
    }

    @Test func tokensAndDirectoriesAreNeverTheSame() throws {
        var configuration = HelperConfiguration()
        configuration.jupyter = "/bin/sh"
        let programs = try (0..<2).map { _ in try #require(try JupyterProgram(configuration, .open)) }
        let tokens = programs.map { program in
            var bytes = [UInt8](repeating: 0, count: 256)
            let count = pread(program.token.rawValue, &bytes, bytes.count, 0)
            return String(decoding: bytes[..<max(count, 0)], as: UTF8.self)
        }
        #expect(tokens.allSatisfy { $0.utf8.count == 64 && $0.allSatisfy(\.isHexDigit) })
        #expect(tokens[0] != tokens[1] && programs[0].directory != programs[1].directory)
        // Sealed: whoever holds it can neither change nor cut it.
        #expect(write(programs[0].token.rawValue, "x", 1) == -1 && ftruncate(programs[0].token.rawValue, 0) == -1)
    }
}
