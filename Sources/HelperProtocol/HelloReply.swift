/// The helper's introduction: what is running here, under which ids, and, if isolation could not be had, why.
public struct HelloReply: Sendable, Hashable {
    /// The first step of the start-up probe that failed, and what to do about it.
    public struct ProbeFailure: Error, Sendable, Hashable {
        /// The step that failed.
        public var stage: Stage
        /// The kernel's error number of that step.
        public var errno: Int32
        /// One sentence that says what to change.
        public var remedy: String

        /// Makes a probe failure.
        public init(stage: Stage, errno: Int32, remedy: String) {
            self.stage = stage
            self.errno = errno
            self.remedy = remedy
        }
    }

    /// The helper's version.
    public var helperVersion: String
    /// The mode that is really running; nil when the demanded mode cannot be had and nothing will be started.
    public var mode: IsolationMode?
    /// User and group ids of the three parties; all equal in mode `none` without privilege.
    public var ids: SandboxIdentities
    /// Absolute path of the shared directory.
    public var workspace: String
    /// How cells write to the workspace.
    public var workspaceSharing: WorkspaceSharing
    /// TCP port of the HTTP API, held by the helper.
    public var apiPort: UInt16
    /// TCP port of Jupyter, held by the helper.
    public var jupyterPort: UInt16
    /// Further TCP ports that the helper holds.
    public var reservedPorts: [UInt16]
    /// How many commands may run at once, in `user` and `secure` together.
    public var processSlots: UInt32
    /// Why a stronger mode than the running one could not be had; nil if it could or was not asked for.
    public var probeFailure: ProbeFailure?
    /// Every limit on `user` and `secure`; empty where there are no namespaces.
    public var limits: [SandboxLimit]
    /// Why the pair has no cgroups of its own, in one sentence; nil if it has, or has no namespaces.
    public var controlGroupProblem: String?
    /// uids that belong to commands with credentials and to their keepers in mode `users`; nil in other modes.
    public var cellUIDs: Range<UInt32>?
    /// Version of the kernel's Landlock interface, 0 if there is none. landlock(7).
    public var landlockVersion: UInt16
    /// Whether the operator takes commands with credentials although the running mode cannot protect them fully.
    public var acceptsUnprotectedCredentials: Bool

    /// Makes a reply.
    public init(
        helperVersion: String,
        mode: IsolationMode?,
        ids: SandboxIdentities,
        workspace: String,
        workspaceSharing: WorkspaceSharing,
        apiPort: UInt16,
        jupyterPort: UInt16,
        reservedPorts: [UInt16] = [],
        processSlots: UInt32,
        probeFailure: ProbeFailure? = nil,
        limits: [SandboxLimit] = [],
        controlGroupProblem: String? = nil,
        cellUIDs: Range<UInt32>? = nil,
        landlockVersion: UInt16 = 0,
        acceptsUnprotectedCredentials: Bool = false
    ) {
        self.helperVersion = helperVersion
        self.mode = mode
        self.ids = ids
        self.workspace = workspace
        self.workspaceSharing = workspaceSharing
        self.apiPort = apiPort
        self.jupyterPort = jupyterPort
        self.reservedPorts = reservedPorts
        self.processSlots = processSlots
        self.probeFailure = probeFailure
        self.limits = limits
        self.controlGroupProblem = controlGroupProblem
        self.cellUIDs = cellUIDs
        self.landlockVersion = landlockVersion
        self.acceptsUnprotectedCredentials = acceptsUnprotectedCredentials
    }

    func put(into fields: inout FieldWriter) {
        fields.put(1, helperVersion)
        if let mode { fields.put(2, mode.rawValue) }
        fields.put(3, ids.control)
        fields.put(4, ids.user)
        fields.put(5, ids.secure)
        fields.put(6, ids.controlGroup)
        fields.put(7, ids.workspaceGroup)
        fields.put(8, workspace)
        fields.put(9, workspaceSharing.rawValue)
        fields.put(10, apiPort)
        fields.put(11, jupyterPort)
        fields.put(12, processSlots)
        if let probeFailure {
            fields.put(13, probeFailure.stage.rawValue)
            fields.put(14, probeFailure.errno)
            fields.put(15, probeFailure.remedy)
        }
        for port in reservedPorts { fields.put(16, port) }
        for limit in limits { fields.put(17, bytes: limit.bytes) }
        if let controlGroupProblem { fields.put(18, controlGroupProblem) }
        if let cellUIDs {
            fields.put(19, cellUIDs.lowerBound)
            fields.put(20, UInt32(cellUIDs.count))
        }
        if landlockVersion > 0 { fields.put(21, landlockVersion) }
        if acceptsUnprotectedCredentials { fields.put(22, UInt8(1)) }
    }

    init(record: [UInt8]) throws(DecodingError) {
        let fields = try FieldReader(record: record, known: Array(1...15) + Array(18...22), repeatable: [16, 17])
        helperVersion = try fields.text(1)
        mode = fields.has(2) ? try fields.choice(2) : nil
        ids = SandboxIdentities(
            control: try fields.integer(3),
            user: try fields.integer(4),
            secure: try fields.integer(5),
            controlGroup: try fields.integer(6),
            workspaceGroup: try fields.integer(7)
        )
        workspace = try fields.text(8)
        workspaceSharing = try fields.choice(9)
        apiPort = try fields.integer(10)
        jupyterPort = try fields.integer(11)
        processSlots = try fields.integer(12)
        if fields.has(13) || fields.has(14) || fields.has(15) {
            probeFailure = ProbeFailure(
                stage: try fields.choice(13),
                errno: try fields.integer(14),
                remedy: try fields.text(15)
            )
        }
        limits = try fields.allBytes(17).map { (bytes) throws(DecodingError) in
            guard let limit = SandboxLimit(bytes) else { throw .invalidField(17) }
            return limit
        }
        controlGroupProblem = fields.has(18) ? try fields.text(18) : nil
        reservedPorts = try fields.allBytes(16).map { (bytes) throws(DecodingError) in
            guard bytes.count == 2 else { throw .invalidField(16) }
            return bytes.littleEndian(UInt16.self, at: 0)
        }
        if fields.has(19) || fields.has(20) {
            let first: UInt32 = try fields.integer(19)
            let count: UInt32 = try fields.integer(20)
            guard count > 0, count <= UInt32.max - first else { throw .invalidField(20) }
            cellUIDs = first..<(first + count)
        }
        landlockVersion = fields.has(21) ? try fields.integer(21) : 0
        let acceptance: UInt8 = fields.has(22) ? try fields.integer(22) : 0
        guard acceptance <= 1 else { throw .invalidField(22) }
        acceptsUnprotectedCredentials = acceptance == 1
    }
}
