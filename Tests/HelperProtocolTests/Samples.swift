import HelperProtocol

/// One valid value of every kind that can stand on the wire, under the name it bears in `Tests/Python/vectors.json`.
enum Samples {
    static let first = ProcessHandle(slot: 0, generation: 1)
    static let later = ProcessHandle(slot: 255, generation: 7)

    static let requests: [(name: String, id: UInt64, request: HelperRequest)] = [
        ("hello", 1, .hello),
        ("spawn", 2, .spawn(spawn(.user, "/bin/sh", "/workspace"))),
        (
            "spawn terminal", 3,
            .spawn(spawn(.secure, "/bin/bash", "/", .terminal(TerminalSize(rows: 24, columns: 80))))
        ),
        ("spawn read-only", 11, .spawn(spawn(.secure, "/bin/sh", "/", workspace: .readOnly))),
        ("signal", 4, .signal(later, 15)),
        ("terminate", 5, .terminate(later, graceMilliseconds: 5000)),
        ("resize", 6, .resize(later, TerminalSize(rows: 50, columns: 132))),
        ("status", 7, .status),
        ("reset", 8, .reset(.secure)),
        ("shutdown", .max, .shutdown),
    ]

    static let replies: [(name: String, id: UInt64, descriptorCount: Int, reply: HelperReply)] = [
        ("helloReply", 1, 0, .hello(hello(mode: .namespaces, reserved: [9090]))),
        (
            "helloReply without isolation", 1, 0,
            .hello(
                hello(
                    mode: nil,
                    failure: HelloReply.ProbeFailure(
                        stage: .mount,
                        errno: 1,
                        remedy: "Grant SYS_ADMIN – or choose another mode."
                    )
                )
            )
        ),
        (
            "helloReply with limits", 1, 0,
            .hello(
                hello(
                    mode: .namespaces,
                    limits: [
                        SandboxLimit(resource: .processes, namespace: .user, source: .resourceLimit, value: 1024),
                        SandboxLimit(resource: .memory, namespace: .secure, source: .container, value: 1 << 33),
                    ],
                    controlGroupProblem: "not delegated"
                )
            )
        ),
        ("spawnReply", 2, 0, .spawned(SpawnReply(handle: first, pid: 17))),
        ("spawnReply terminal", 3, 1, .spawned(SpawnReply(handle: later, pid: 2))),
        ("signalReply", 4, 0, .signalled),
        ("terminateReply", 5, 0, .terminating),
        ("resizeReply", 6, 0, .resized),
        ("shutdownReply", .max, 0, .shuttingDown),
        ("statusReply", 7, 0, .status(status)),
        ("resetReply", 8, 0, .reset(generation: 2)),
        ("failed", 2, 0, .failed(HelperFailure(.stepFailed, stage: .workingDirectory, errno: 2))),
    ]

    static let events: [(name: String, event: HelperEvent)] = [
        (
            "processExited",
            .processExited(
                first,
                ExitStatus(
                    cause: .exited(0),
                    userMicroseconds: 800,
                    systemMicroseconds: 1200,
                    maximumResidentKiB: 3456
                )
            )
        ),
        ("processExited by signal", .processExited(later, ExitStatus(cause: .signaled(9)))),
        ("namespaceReset", .namespaceReset(.user, generation: 2)),
    ]

    static let status = StatusReply(
        uptimeMilliseconds: 123_456,
        namespaceSetupMicroseconds: 2500,
        serverRestarts: 1,
        namespaces: [
            StatusReply.Namespace(namespace: .control, generation: 1, isAlive: true, running: 0),
            StatusReply.Namespace(namespace: .user, generation: 3, isAlive: false, running: 1),
        ],
        processes: [StatusReply.Process(handle: later, namespace: .user, pid: 42, ageMilliseconds: 1500)]
    )

    static let payload = (arguments: ["sh", "-c", "echo hi"], variables: [("LANG", "C")])

    /// Every valid record with its descriptor count.
    static var records: [(name: String, record: [UInt8], descriptorCount: Int)] {
        requests.map { ($0.name, $0.request.encoded(id: $0.id), $0.request.descriptorCount) }
            + replies.map {
                ($0.name, $0.reply.encoded(id: $0.id, descriptorCount: $0.descriptorCount), $0.descriptorCount)
            }
            + events.map { ($0.name, $0.event.encoded(), 0) }
    }

    static func spawn(
        _ namespace: SandboxNamespace,
        _ executable: String,
        _ workingDirectory: String,
        _ streams: SpawnRequest.StandardStreams = .descriptors,
        workspace: WorkspaceAccess = .readWrite
    ) -> SpawnRequest {
        var request = SpawnRequest(
            namespace: namespace,
            executable: Array(executable.utf8),
            workingDirectory: Array(workingDirectory.utf8),
            streams: streams
        )
        request.workspace = workspace
        return request
    }

    static func hello(
        mode: IsolationMode?,
        reserved: [UInt16] = [],
        failure: HelloReply.ProbeFailure? = nil,
        limits: [SandboxLimit] = [],
        controlGroupProblem: String? = nil
    ) -> HelloReply {
        HelloReply(
            helperVersion: "1.0.0",
            mode: mode,
            ids: SandboxIdentities(control: 4200, user: 4201, secure: 4202, controlGroup: 4200, workspaceGroup: 4201),
            workspace: "/workspace",
            workspaceSharing: .idmapped,
            apiPort: 8080,
            jupyterPort: 8888,
            reservedPorts: reserved,
            processSlots: 256,
            probeFailure: failure,
            limits: limits,
            controlGroupProblem: controlGroupProblem
        )
    }

    /// `arguments` and `variables` as a payload.
    static func encode(
        _ arguments: [String],
        _ variables: [(String, String)] = []
    ) throws(SpawnPayload.Problem)
        -> [UInt8]
    {
        try SpawnPayload.encode(
            arguments: arguments.map { Array($0.utf8) },
            variables: variables.map { (name: Array($0.0.utf8), value: Array($0.1.utf8)) }
        )
    }
}
