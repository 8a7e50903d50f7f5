import Glibc
import HelperProtocol
import HelperTransport
import Testing

@testable import HelperClient

@Suite struct ProcessPayloadTests {
    @Test func `the bytes are those of the protocol`() throws {
        let arguments = ["sh", "-c", "echo"].map { Array($0.utf8) }
        let payload = try ProcessPayload(
            arguments: arguments,
            variables: [.init(name: Array("KEY".utf8), value: Array("värde=1".utf8))]
        )
        let expected = try SpawnPayload.encode(
            arguments: arguments,
            variables: [(name: Array("KEY".utf8), value: Array("värde=1".utf8))]
        )
        let file = try payload.sealed()
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = pread(file.rawValue, &bytes, bytes.count, 0)
        #expect(Array(bytes[..<count]) == expected)
    }

    @Test func `a sealed payload cannot be changed`() throws {
        let file = try ProcessPayload(arguments: [[0x41]]).sealed()
        #expect(pwrite(file.rawValue, "x", 1, 0) == -1 && errno == EPERM)
        #expect(ftruncate(file.rawValue, 0) == -1 && errno == EPERM)
    }

    @Test(arguments: [
        ([[UInt8]](), SpawnPayload.Problem.wrongLength),
        ([[]], .emptyCommand),
        ([[0x41, 0]], .tooManyStrings),
        ([[UInt8](repeating: 0x41, count: 131_072)], .stringTooLong),
        ([[UInt8]](repeating: [UInt8](repeating: 0x41, count: 100_000), count: 30), .wrongLength),
    ])
    func `what the helper would not take is found here`(_ arguments: [[UInt8]], _ problem: SpawnPayload.Problem) {
        #expect(throws: problem) {
            do { _ = try ProcessPayload(arguments: arguments) } catch { throw error as any Error }
        }
    }

    @Test func `a variable prints its name only`() {
        let variable = ProcessPayload.Variable(name: Array("KEY".utf8), value: Array("canary".utf8))
        var dumped = ""
        dump(variable, to: &dumped)
        #expect("\(variable)" == "KEY" && !dumped.contains("canary"))
        #expect(!String(reflecting: variable).contains("canary"))
    }
}
