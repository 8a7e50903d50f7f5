import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

/// Nothing accumulates, however many commands run and however they end.
@Suite(.serialized, .timeLimit(.minutes(20)))
struct LeakTests {
    @Test(arguments: [SandboxNamespace.user, .secure])
    func `a thousand commands leave nothing behind and the helper no larger`(namespace: SandboxNamespace) async throws {
        try await PairFixture.with(.helperOnly) { pair in
            // The allocator and the tables find their size first.
            try await runMix(200, in: namespace, of: pair)
            let before = try SystemCounts(of: pair)
            let size = try residentKiB(pair)
            try await runMix(1000, in: namespace, of: pair)
            let after = try SystemCounts(of: pair)
            #expect(after.growth(since: before).isEmpty)
            let growth = try residentKiB(pair) - size
            #expect(growth <= 256, "the helper grew by \(growth) KiB over 1,000 commands")
            let status = try await pair.client.status()
            #expect(status.processes == [])
        }
    }

    @Test func `connections leave nothing behind`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            _ = try await pair.connect().status()
            let before = try SystemCounts(of: pair)
            for _ in 0..<200 {
                let client = try await pair.connect()
                let command = try await pair.start(["sleep", "1000"], over: client)
                client.close()
                _ = try? await command.process.exitStatus
            }
            // The helper has seen every end once it has answered somebody who came later and killed what ran.
            var running = 1
            while running > 0 { running = try await pair.client.status().processes.count }
            let after = try SystemCounts(of: pair)
            #expect(after.growth(since: before).isEmpty)
        }
    }

    /// Commands that succeed, fail to start in different ways, and are killed, eight at a time.
    private func runMix(_ count: Int, in namespace: SandboxNamespace, of pair: Pair) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<8 {
                group.addTask {
                    for number in stride(from: lane, to: count, by: 8) { try await runOne(number, namespace, pair) }
                }
            }
            try await group.waitForAll()
        }
    }

    private func runOne(_ number: Int, _ namespace: SandboxNamespace, _ pair: Pair) async throws {
        switch number % 5 {
        case 0, 1:
            let result = try await pair.run(["/bin/true"], in: namespace)
            #expect(result.code == 0)
        case 2:
            await #expect(throws: HelperClientError.self) { try await pair.run(["/bin/nothing"], in: namespace) }
        case 3:
            await #expect(throws: HelperClientError.self) {
                try await pair.run(["/bin/true"], in: namespace, directory: "/nowhere")
            }
        default:
            let command = try await pair.start(["/bin/sleep", "1000"], in: namespace)
            try await command.process.terminate(grace: number % 2 == 0 ? .zero : .seconds(10))
            let result = try await command.result()
            #expect(result.code > 128)
        }
    }

    private func residentKiB(_ pair: Pair) throws -> Int {
        let text = try #require(ProcessFile.status(pair.helper.pid)["VmRSS"])
        return try #require(Int(text.prefix { $0.isNumber }))
    }
}
