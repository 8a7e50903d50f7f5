import CMessageShim
import Glibc
import HelperClient
import HelperProtocol
import HelperTransport
import Testing

private let handle = ProcessHandle(slot: 7, generation: 3)
private let ended = ExitStatus(cause: .exited(4), userMicroseconds: 1)
private let request = SpawnRequest(namespace: .user, executable: Array("/bin/sh".utf8), workingDirectory: [0x2F])

private func streams() -> StandardStreams {
    func null() -> OwnedDescriptor { OwnedDescriptor(adopting: open("/dev/null", O_RDWR | O_CLOEXEC)) }
    return StandardStreams(input: null(), output: null(), error: null())
}

private func payload() throws -> ProcessPayload {
    try ProcessPayload(arguments: [Array("sh".utf8)], variables: [.init(name: [0x41], value: [0x42])])
}

private let status = StatusReply(
    uptimeMilliseconds: 5,
    namespaceSetupMicroseconds: 6,
    serverRestarts: 0,
    namespaces: [],
    processes: []
)

@Suite(.timeLimit(.minutes(1)))
struct HelperClientTests {
    @Test func `replies reach the task that asked, whatever their order`() async throws {
        let client = try ScriptedHelper.client { end in
            guard let first = end.next(), let second = end.next() else { return }
            end.reply(second.id, second.request == .status ? .status(status) : .reset(generation: 9))
            end.reply(first.id, first.request == .status ? .status(status) : .reset(generation: 9))
            _ = end.next()
        }
        async let reply = client.status()
        async let generation = client.reset(.user)
        #expect(try await reply == status)
        #expect(try await generation == 9)
    }

    @Test func `ids rise from record to record however many tasks send at once`() async throws {
        let client = try ScriptedHelper.client { end in
            var last: UInt64 = 0
            while let (id, _) = end.next() {
                guard id > last else { return }
                last = id
                end.reply(id, .status(status))
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<200 { group.addTask { _ = try await client.status() } }
            try await group.waitForAll()
        }
    }

    @Test func `an exit that directly follows the reply is not lost`() async throws {
        let client = try ScriptedHelper.client { end in
            guard let (id, _) = end.next() else { return }
            end.reply(id, .spawned(SpawnReply(handle: handle, pid: 12)))
            end.event(.processExited(handle, ended))
            _ = end.next()
        }
        let process = try await client.spawn(request, payload: try payload(), streams: streams())
        #expect(process.pid == 12)
        #expect(try await process.exitStatus == ended)
        #expect(try await process.exitStatus == ended)
    }

    @Test func `an exit that overtakes the reply is not lost`() async throws {
        let client = try ScriptedHelper.client { end in
            guard let (id, _) = end.next() else { return }
            end.event(.processExited(handle, ended))
            end.reply(id, .spawned(SpawnReply(handle: handle, pid: 12)))
            _ = end.next()
        }
        let process = try await client.spawn(request, payload: try payload(), streams: streams())
        #expect(try await process.exitStatus == ended)
    }

    @Test func `a spawn carries a sealed payload and three streams`() async throws {
        let client = try ScriptedHelper.client { end in
            guard let received = try? end.channel.receive(), received.descriptors.count == 4,
                cms_check_sealed(received.descriptors[0]) == 0,
                let (id, _) = try? HelperRequest.decode(received.record, descriptorCount: 4)
            else { return }
            end.reply(id, .spawned(SpawnReply(handle: handle, pid: 1)))
            _ = end.next()
        }
        _ = try await client.spawn(request, payload: try payload(), streams: streams())
    }

    @Test func `a terminal's master has one owner`() async throws {
        let client = try ScriptedHelper.client { end in
            guard let (id, _) = end.next() else { return }
            end.reply(id, .spawned(SpawnReply(handle: handle, pid: 1)), descriptors: [0])
            _ = end.next()
        }
        var wanted = request
        wanted.streams = .terminal(TerminalSize(rows: 24, columns: 80))
        let process = try await client.spawn(wanted, payload: try payload())
        let first = process.takeTerminal() != nil
        let second = process.takeTerminal() != nil
        #expect(first && !second)
    }

    @Test func `a refusal is thrown as it came`() async throws {
        let failure = HelperFailure(.stepFailed, stage: .workingDirectory, errno: ENOENT)
        let client = try ScriptedHelper.client { end in
            guard let (id, _) = end.next() else { return }
            end.reply(id, .failed(failure))
            _ = end.next()
        }
        await #expect(throws: HelperClientError.refused(failure)) {
            _ = try await client.spawn(request, payload: try payload(), streams: streams())
        }
    }

    @Test func `everyone who waits learns that the helper is gone`() async throws {
        let client = try ScriptedHelper.client { end in
            guard let (id, _) = end.next() else { return }
            end.reply(id, .spawned(SpawnReply(handle: handle, pid: 12)))
            _ = end.next()
        }
        let process = try await client.spawn(request, payload: try payload(), streams: streams())
        await #expect(throws: HelperClientError.connectionLost) { _ = try await client.status() }
        await #expect(throws: HelperClientError.connectionLost) { _ = try await process.exitStatus }
        #expect(try await client.closed == .connectionLost)
        await #expect(throws: HelperClientError.connectionLost) { _ = try await client.hello() }
    }

    @Test func `a reply that answers nothing closes the connection`() async throws {
        let client = try ScriptedHelper.client { end in
            guard let (id, _) = end.next() else { return }
            end.reply(id + 5, .status(status))
            _ = end.next()
        }
        await #expect(throws: HelperClientError.protocolViolation(nil)) { _ = try await client.status() }
    }

    @Test func `bytes that are no record close the connection`() async throws {
        let client = try ScriptedHelper.client { end in
            _ = end.next()
            try? end.channel.send([1, 2, 3])
            _ = end.next()
        }
        await #expect(throws: HelperClientError.protocolViolation(.wrongLength)) { _ = try await client.status() }
    }

    @Test func `a cancelled wait for an exit ends at once and disturbs no other`() async throws {
        let client = try ScriptedHelper.client { end in
            guard let (id, _) = end.next() else { return }
            end.reply(id, .spawned(SpawnReply(handle: handle, pid: 12)))
            guard let (second, _) = end.next() else { return }
            end.reply(second, .terminating)
            end.event(.processExited(handle, ended))
            _ = end.next()
        }
        let process = try await client.spawn(request, payload: try payload(), streams: streams())
        await withThrowingTaskGroup(of: ExitStatus.self) { group in
            group.addTask { try await process.exitStatus }
            group.cancelAll()
            await #expect(throws: CancellationError.self) { _ = try await group.next() }
        }
        try await process.terminate(grace: .seconds(1))
        #expect(try await process.exitStatus == ended)
    }

    @Test func `resets are told in order and end with the connection`() async throws {
        let client = try ScriptedHelper.client { end in
            end.event(.namespaceReset(.user, generation: 2))
            end.event(.namespaceReset(.secure, generation: 5))
        }
        var seen: [NamespaceReset] = []
        for await reset in client.namespaceResets { seen.append(reset) }
        #expect(seen == [.init(namespace: .user, generation: 2), .init(namespace: .secure, generation: 5)])
    }

    @Test func `terminating what is over already is no error`() async throws {
        let client = try ScriptedHelper.client { end in
            guard let (id, _) = end.next() else { return }
            end.reply(id, .spawned(SpawnReply(handle: handle, pid: 12)))
            guard let (second, _) = end.next() else { return }
            end.reply(second, .failed(HelperFailure(.unknownProcess)))
            _ = end.next()
        }
        let process = try await client.spawn(request, payload: try payload(), streams: streams())
        try await process.terminate(grace: .zero)
    }

    @Test func `letting go of the client closes the connection`() async throws {
        let (stream, source) = AsyncStream<Bool>.makeStream()
        var client: HelperClient? = try ScriptedHelper.client { end in
            source.yield(end.next() == nil)
            source.finish()
        }
        #expect(client != nil)
        client = nil
        for await isClosed in stream { #expect(isClosed) }
    }
}
