import CTestShim
import Glibc
import HelperClient
import HelperProtocol
import HelperTransport

/// Starts a pair of its own for a test and takes it down afterwards, whatever happened in between.
public enum PairFixture {
    /// Runs `body` with a new pair.
    ///
    /// Afterwards the helper is told to stop, and the test fails if a process of the pair or its socket is left.
    /// - Throws: ``TestFailure`` with the helper's log if the pair does not come up or does not go down, else what
    ///   `body` throws.
    public static func with<Value: Sendable>(
        _ options: PairOptions = PairOptions(),
        _ body: (Pair) async throws -> Value
    ) async throws -> Value {
        try await PairGate.with {
            let place = try Place(options)
            defer { place.remove() }
            return try await with(options, at: place, body)
        }
    }

    /// Starts a helper that is expected to end by itself, and returns how it did and what it wrote.
    ///
    /// - Parameter arguments: What its command line has besides the options.
    public static func runToEnd(
        _ options: PairOptions = .helperOnly,
        arguments: [String] = []
    ) async throws
        -> (end: ChildProcess.End, output: String, log: String)
    {
        let place = try Place(options)
        defer { place.remove() }
        let helper = try ChildProcess(try place.commandLine(options, arguments), environment: options.helperEnvironment)
        // One that has ended and been reaped already cannot be watched any more.
        let watch = try? ProcessWatch(helper.pid)
        let hasEnded = try await DetachedThread.run { watch?.waitForEnd(milliseconds: 30_000) ?? true }
        helper.signal(SIGKILL)
        let end = try await helper.end
        guard hasEnded else { throw TestFailure("the helper went on instead of ending:\n\(helper.errors.text)") }
        let output = String(decoding: try await helper.output.finish(), as: UTF8.self)
        return (end, output, String(decoding: try await helper.errors.finish(), as: UTF8.self))
    }

    private static func with<Value: Sendable>(
        _ options: PairOptions,
        at place: Place,
        _ body: (Pair) async throws -> Value
    ) async throws -> Value {
        let helper = try ChildProcess(
            try place.commandLine(options),
            environment: options.helperEnvironment
        )
        let outcome: Result<Value, any Error>
        var inits: [ProcessWatch] = []
        do {
            let pair = try await connect(to: helper, at: place)
            inits = try pair.initialInits.values.map { try ProcessWatch($0) }
            let value = try await body(pair)
            outcome = .success(value)
        } catch {
            outcome = .failure(error)
        }
        // The pids are read before the stop: afterwards nobody could say whose they had been. Cancellation must not
        // reach the cleaning up, so it runs on threads of its own.
        if helper.endSoFar == nil { inits += Pair.inits(of: helper.pid).values.compactMap { try? ProcessWatch($0) } }
        let leftover = try stop(helper, inits, place)
        switch (outcome, leftover) {
        case (.failure(let error), _): throw error
        case (.success, .some(let leftover)): throw TestFailure("\(leftover)\n\(helper.errors.text)")
        case (.success(let value), .none): return value
        }
    }

    private static func connect(to helper: ChildProcess, at place: Place) async throws -> Pair {
        // Every start ends with one line about the mode, or with the helper.
        guard try await helper.errors.wait(for: "mode "), try await helper.errors.wait(for: " held"),
            helper.endSoFar == nil
        else {
            let end = try await helper.end
            throw PairStartFailure(end: end, log: helper.errors.text)
        }
        let client = try HelperClient(connectingTo: place.socket)
        let hello = try await client.hello()
        return Pair(
            helper: helper,
            client: client,
            hello: hello,
            directory: place.directory,
            socketPath: place.socket,
            initialInits: Pair.inits(of: helper.pid)
        )
    }

    /// Takes the pair down; returns what is wrong about how it went.
    private static func stop(_ helper: ChildProcess, _ inits: [ProcessWatch], _ place: Place) throws -> String? {
        let patience: Int32 = 20_000
        var problem: String?
        if helper.endSoFar == nil, let watch = try? ProcessWatch(helper.pid) {
            helper.signal(SIGTERM)
            if !watch.waitForEnd(milliseconds: patience) {
                problem = "the helper did not end within 20 s of SIGTERM"
                helper.signal(SIGKILL)
                _ = watch.waitForEnd(milliseconds: patience)
            }
        }
        // The end of an init means that everything in its PID namespace has ended: the kernel waits for that.
        for watch in inits where !watch.waitForEnd(milliseconds: patience) {
            problem = problem ?? "an init outlived its helper"
            watch.signal(SIGKILL)
        }
        if helper.endSoFar != .exited(0) {
            // Killed by its test: whatever namespaces it had made since are on their way out by themselves.
            for pid in ProcessFile.processes(of: place.userIDs) {
                _ = try? ProcessWatch(pid).waitForEnd(milliseconds: patience)
            }
        }
        let left = ProcessFile.processes(of: place.userIDs).filter { ProcessFile.status($0)["State"]?.first != "Z" }
        if !left.isEmpty {
            let names = left.map { "\($0) (\(ProcessFile.name($0) ?? "gone"))" }.joined(separator: ", ")
            if !place.mayLeaveProcesses { problem = problem ?? "processes outlived the pair: \(names)" }
            for pid in left { try? ProcessWatch(pid).kill(milliseconds: patience) }
        }
        if access(place.socket, F_OK) == 0, helper.endSoFar == .exited(0) {
            problem = problem ?? "the helper left its socket behind"
        }
        return problem
    }
}
