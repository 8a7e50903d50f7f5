import HelperProtocol
import SandboxTestSupport
import Testing

/// The whole state in which commands start, against the golden records.
@Suite(.timeLimit(.minutes(20)))
struct StateProbeTests {
    @Test(arguments: [SandboxNamespace.user, .secure])
    func `a command starts in the state of the golden record`(namespace: SandboxNamespace) async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let state = try await pair.state(in: namespace)
            #expect(try GoldenRecord(namespace.name).differences(from: state, in: namespace, of: pair) == [])
        }
    }

    @Test(arguments: [SandboxNamespace.user, .secure])
    func `a command in a terminal differs by its streams and its controlling terminal alone`(
        namespace: SandboxNamespace
    ) async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let state = try await pair.state(in: namespace, inTerminal: true)
            let golden = try GoldenRecord(
                namespace.name,
                changed: ["descriptors": "0 terminal, 1 terminal, 2 terminal", "controllingTerminal": "true"]
            )
            #expect(golden.differences(from: state, in: namespace, of: pair) == [])
        }
    }

    @Test func `two cells share no namespace that a cell has of its own`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let marker = "/proc/self/ns"
            let first = try await pair.startShell(
                "readlink \(marker)/pid \(marker)/mnt \(marker)/ipc; echo up; exec sleep 1000",
                in: .secure,
                until: "up"
            )
            let second = try await pair.shell("readlink \(marker)/pid \(marker)/mnt \(marker)/ipc", in: .secure)
            let links = Set(first.output.text.split(separator: "\n")).subtracting(["up"])
            #expect(links.count == 3)
            #expect(links.isDisjoint(with: second.text.split(separator: "\n")))
        }
    }
}
