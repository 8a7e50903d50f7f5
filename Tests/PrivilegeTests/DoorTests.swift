import Glibc
import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

/// Who may talk to the helper, and about what.
@Suite(.timeLimit(.minutes(20)))
struct DoorTests {
    private func connect(as uid: UInt32, to pair: Pair) async throws -> String {
        let probe = try pair.installStateProbe()
        let (_, output, errors) = try await ChildProcess.run([
            "setpriv", "--reuid=\(uid)", "--regid=\(uid)", "--clear-groups", probe, "connect", pair.socketPath,
        ])
        return output.isEmpty ? errors : output.split(separator: "\n").joined()
    }

    @Test func `root and the control uid are let in, nobody else`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            for uid in [0, pair.ids.control] {
                let answer = try await connect(as: uid, to: pair)
                #expect(answer == "8001", "uid \(uid)")
            }
            for uid in [pair.ids.user, pair.ids.secure, 65_534, 1] {
                let answer = try await connect(as: uid, to: pair)
                #expect(["closed", "EACCES", "ECONNRESET"].contains(answer), "uid \(uid): \(answer)")
            }
        }
    }

    @Test func `handles of another connection are unknown`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let command = try await pair.startShell("echo up; exec sleep 1000", until: "up")
            let probe = try PythonClient(
                pair,
                script: """
                    import sys
                    helper = Helper(sys.argv[1])
                    for op in ("signal", "terminate", "resize"):
                        try:
                            handle = \(command.process.handle.rawValue)
                            {"signal": lambda: helper.signal(handle, 9),
                             "terminate": lambda: helper.terminate(handle, 0),
                             "resize": lambda: helper.resize(handle, 10, 10)}[op]()
                            print(op, "was carried out")
                        except Failed as failure:
                            print(op, failure.code)
                    """
            )
            let output = try await probe.run()
            #expect(output == "signal 5\nterminate 5\nresize 5\n")
            #expect(try await pair.client.status().processes.count == 1)
            try await command.process.terminate(grace: .zero)
        }
    }

    @Test(arguments: [SandboxNamespace.user, .secure])
    func `the end of a connection ends its commands alone`(namespace: SandboxNamespace) async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let mine = try await pair.startShell("echo up; exec sleep 1000", in: namespace, until: "up")
            let before = Set(pair.processes)
            let other = try await pair.connect()
            let probe = try pair.installStateProbe()
            let theirs = try await pair.start([probe, "tree", "stay"], in: namespace, over: other)
            try await theirs.output.wait(for: "ready")
            let fresh = try Set(pair.processes).subtracting(before).compactMap { pid in
                ProcessFile.status(pid)["State"]?.first == "Z" ? nil : try ProcessWatch(pid)
            }
            #expect(fresh.count >= 6)
            other.close()
            for watch in fresh { try await watch.end() }
            let running = try await pair.client.status().processes.map(\.handle)
            #expect(running == [mine.process.handle] || running.contains(mine.process.handle))
            try await mine.process.terminate(grace: .zero)
        }
    }

    @Test func `the client written from the protocol's page passes its self-test`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let (end, output, errors) = try await ChildProcess.run([
                "python3", PythonClient.path, pair.socketPath, "self-test",
            ])
            let failures = output.split(separator: "\n").filter { $0.hasPrefix("not ok") }
            #expect(failures == [], "\(errors)")
            #expect(end == .exited(0))
            #expect(output.split(separator: "\n").count > 40)
        }
    }

    @Test func `shutdown through the tools' door ends the pair in order`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            let inits = try pair.inits.values.map { try ProcessWatch($0) }
            try await pair.client.shutdown()
            let end = try await pair.helper.end
            #expect(end == .exited(0))
            for watch in inits { try await watch.end() }
            #expect(access(pair.socketPath, F_OK) != 0)
        }
    }

    @Test func `while it stops it starts nothing`() async throws {
        var options = PairOptions.helperOnly
        options.settings = ["grace-ms": "2000", "server-stand-in": "stay"]
        try await PairFixture.with(options) { pair in
            try await pair.client.shutdown()
            await #expect(throws: HelperClientError.refused(HelperFailure(.shuttingDown))) {
                try await pair.run(["true"])
            }
            pair.helper.signal(SIGKILL)
            _ = try await pair.helper.end
        }
    }

    @Test func `something else at the socket's place is left alone`() async throws {
        let directory = "/run/ns-helper-tests-door-\(getpid())"
        let path = directory + "/helper.sock"
        mkdir(directory, 0o711)
        defer { DirectoryListing.remove(directory) }
        try FileBytes.write("mine", to: path)
        var options = PairOptions.helperOnly
        options.settings = ["socket": path]
        let (end, _, log) = try await PairFixture.runToEnd(options)
        #expect(end == .exited(78))
        #expect(log.contains("exists and is no socket"))
        #expect(FileBytes.read(path) == Array("mine".utf8))
    }

    @Test func `the directory of the socket is not listed by others`() async throws {
        try await PairFixture.with(.helperOnly) { pair in
            var status = stat()
            let directory = pair.socketPath.split(separator: "/").dropLast().joined(separator: "/")
            try #require(lstat("/" + directory, &status) == 0)
            #expect(status.st_mode & 0o7777 == 0o711)
            #expect(status.st_uid == 0)
        }
    }
}
