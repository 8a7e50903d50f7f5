import Glibc
import HelperProtocol
import Testing

@testable import NSHelper

struct CommandTableTests {
    private func reserve(_ namespace: SandboxNamespace = .user, in table: inout CommandTable) throws -> ProcessHandle {
        let handle = table.reserve(namespace)
        return try #require(handle)
    }

    @Test func aHandleNamesTheFirstFreeSlotAndNeverGenerationZero() throws {
        let fixture = try ChildFixture()
        var table = CommandTable(user: 3, secure: 0)
        var commands: [RunningCommand] = []
        for slot in 0..<3 {
            let handle = try reserve(in: &table)
            #expect(handle == ProcessHandle(slot: UInt32(slot), generation: 1))
            let command = try fixture.command(handle, .user, connection: 1)
            table.insert(command)
            commands.append(command)
        }
        let more = table.reserve(.user)
        #expect(more == nil)
        #expect(table.all.count == 3)
        for command in commands { try command.reap() }
    }

    @Test func aSlotIsUsedAgainUnderAGenerationThatOldHandlesDoNotName() throws {
        let fixture = try ChildFixture()
        var table = CommandTable(user: 1, secure: 0)
        var old: [ProcessHandle] = []
        for generation in UInt32(1)...4 {
            let handle = try reserve(in: &table)
            #expect(handle == ProcessHandle(slot: 0, generation: generation))
            let command = try fixture.command(handle, .user, connection: 1)
            table.insert(command)
            for handle in old { #expect(table.command(handle, connection: 1) == nil) }
            #expect(table.command(handle, connection: 1) === command)
            try command.reap()
            table.remove(command)
            #expect(table.command(handle, connection: 1) == nil)
            old.append(handle)
        }
    }

    @Test func aReservationThatCameToNothingLeavesItsSlotFree() throws {
        var table = CommandTable(user: 1, secure: 0)
        let first = try reserve(in: &table)
        let second = try reserve(in: &table)
        #expect(first.slot == second.slot)
        #expect(second.generation == first.generation + 1)
        #expect(table.command(first, connection: 1) == nil)
    }

    @Test func noOtherConnectionFindsACommand() throws {
        let fixture = try ChildFixture()
        var table = CommandTable(user: 1, secure: 1)
        let handle = try reserve(in: &table)
        let command = try fixture.command(handle, .user, connection: 7)
        table.insert(command)
        #expect(table.command(handle, connection: 7) === command)
        for connection: UInt64 in [0, 1, 6, 8, .max] { #expect(table.command(handle, connection: connection) == nil) }
        try command.reap()
    }

    @Test func aHandleThatNeverWasNamesNothing() throws {
        let fixture = try ChildFixture()
        var table = CommandTable(user: 1, secure: 1)
        let command = try fixture.command(try reserve(in: &table), .user, connection: 1)
        table.insert(command)
        for raw: UInt64 in [0, 1, 2 << 32, 1 << 32 | 1, 1 << 32 | 2, 1 << 32 | 0xFFFF_FFFF, .max] {
            #expect(table.command(ProcessHandle(rawValue: raw), connection: 1) == nil)
        }
        try command.reap()
    }

    @Test func neitherNamespaceUsesUpTheOthersShare() throws {
        let fixture = try ChildFixture()
        var table = CommandTable(user: 1, secure: 2)
        var commands: [RunningCommand] = []
        for namespace in [SandboxNamespace.secure, .secure, .user] {
            let command = try fixture.command(try reserve(namespace, in: &table), namespace, connection: 1)
            table.insert(command)
            commands.append(command)
            let control = table.reserve(.control)
            #expect(control == nil)
        }
        #expect(table.running(in: .secure) == 2)
        #expect(table.running(in: .user) == 1)
        for full in [SandboxNamespace.user, .secure] {
            let more = table.reserve(full)
            #expect(more == nil)
        }
        table.remove(commands[0])
        let user = table.reserve(.user)
        #expect(user == nil)
        let freed = try reserve(.secure, in: &table)
        #expect(freed.slot == 0)
        for command in commands { try command.reap() }
    }

    @Test func aChildIsFoundByItsPIDUntilItHasBeenReaped() throws {
        let fixture = try ChildFixture()
        var table = CommandTable(user: 1, secure: 1)
        let command = try fixture.command(try reserve(in: &table), .user, connection: 1)
        table.insert(command)
        let pid = command.childPID
        #expect(table.command(childPID: pid) === command)
        #expect(table.command(childPID: pid + 1) == nil)
        try command.reap()
        // The kernel may give the pid to another process from now on.
        #expect(table.command(childPID: pid) == nil)
        #expect(table.all.count == 1)
    }
}
