import FoundationEssentials
import HelperProtocol
import SandboxTestSupport

/// What `state-probe` says about itself.
struct StateRecord: Decodable {
    struct Mount: Decodable {
        var point: String
        var type: String
        var root: String
        var options: String
        var superOptions: String

        /// The options that restrict, sorted.
        var restrictions: [String] {
            options.split(separator: ",").map(String.init).filter { ["ro", "nosuid", "nodev", "noexec"].contains($0) }
                .sorted()
        }
    }

    var uids: [UInt32]
    var gids: [UInt32]
    var groups: [UInt32]
    var capabilities: [String: String]
    var noNewPrivileges: Int
    var seccomp: Int
    var seccompFilters: Int
    var signals: [String: String]
    var threads: Int
    var descriptors: [String]
    var workingDirectory: String
    var fileModeMask: String
    var limits: [String: [String]]
    var namespaces: [String: String]
    var mounts: [Mount]
    var environment: [String]
    var sessionLeader: Bool
    var groupLeader: Bool
    var controllingTerminal: Bool
    var dumpable: Int
    var outOfMemoryScore: Int
    var parentDeathSignal: Int
    var subreaper: Int
    var keyring: String
    var pid: Int32
    var parent: Int32

    init(_ output: [UInt8]) throws {
        self = try JSONDecoder().decode(StateRecord.self, from: Data(output))
    }

    /// Whether the process has given up everything: no id but `uid`, no capability, no_new_privs, a filter.
    func isHarmless(uid: UInt32) -> Bool {
        uids == [uid, uid, uid, uid] && groups.isEmpty && capabilities.values.allSatisfy { $0 == "0000000000000000" }
            && noNewPrivileges == 1 && seccomp == 2
    }
}

extension Pair {
    /// The state of a command in `namespace`.
    func state(
        in namespace: SandboxNamespace,
        environment: [String: String] = [:],
        inTerminal: Bool = false
    ) async throws -> StateRecord {
        let probe = [try installStateProbe()]
        let command =
            inTerminal
            ? try await startInTerminal(probe, in: namespace, environment: environment)
            : try await start(probe, in: namespace, environment: environment)
        return try StateRecord(try await command.result().output)
    }
}
