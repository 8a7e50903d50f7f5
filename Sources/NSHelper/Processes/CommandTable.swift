import Glibc
import HelperProtocol

/// The helper's table of commands: slots that are used again under a new generation.
struct CommandTable {
    private var commands: [RunningCommand?]
    private var generations: [UInt32]
    private let limits: [SandboxNamespace: Int]

    /// A table with so many slots for each namespace: neither can use up the other's.
    init(user: Int, secure: Int) {
        commands = Array(repeating: nil, count: user + secure)
        generations = Array(repeating: 0, count: user + secure)
        limits = [.user: user, .secure: secure]
    }

    /// Everything in the table.
    var all: [RunningCommand] { commands.compactMap { $0 } }

    /// A handle for the next command; nil if the namespace's share of the table is full.
    mutating func reserve(_ namespace: SandboxNamespace) -> ProcessHandle? {
        guard running(in: namespace) < limits[namespace, default: 0],
            let slot = commands.firstIndex(where: { $0 == nil })
        else { return nil }
        // 0 is never a generation, so that a zeroed handle names nothing.
        generations[slot] = generations[slot] == .max ? 1 : generations[slot] + 1
        return ProcessHandle(slot: UInt32(slot), generation: generations[slot])
    }

    mutating func insert(_ command: RunningCommand) {
        commands[Int(command.handle.slot)] = command
    }

    mutating func remove(_ command: RunningCommand) {
        commands[Int(command.handle.slot)] = nil
    }

    /// The command of this handle, if it is this connection's and its generation is not over.
    func command(_ handle: ProcessHandle, connection: UInt64) -> RunningCommand? {
        command(handle).flatMap { $0.connection == connection ? $0 : nil }
    }

    /// The command of this handle, whoever it belongs to.
    func command(_ handle: ProcessHandle) -> RunningCommand? {
        guard Int(handle.slot) < commands.count, let command = commands[Int(handle.slot)], command.handle == handle
        else { return nil }
        return command
    }

    func command(childPID pid: pid_t) -> RunningCommand? {
        commands.lazy.compactMap { $0 }.first { $0.childPID == pid && $0.end == nil }
    }

    func running(in namespace: SandboxNamespace) -> Int {
        commands.lazy.filter { $0?.namespace == namespace }.count
    }
}
