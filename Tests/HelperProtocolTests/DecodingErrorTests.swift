import HelperProtocol
import Testing

struct DecodingErrorTests {
    struct Refusal: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var record: [UInt8]
        var descriptorCount: Int
        var error: DecodingError

        init(_ name: String, _ record: RawRecord, _ error: DecodingError) {
            testDescription = name
            self.record = record.bytes
            descriptorCount = Int(record.descriptorCount)
            self.error = error
        }
    }

    private static let handle = RawRecord.Field.integer(1, UInt64(1) << 32)
    private static let user = RawRecord.Field(1, [2])
    private static let program = RawRecord.Field(2, "/bin/true")
    private static let root = RawRecord.Field(3, "/")

    private static func spawn(_ fields: RawRecord.Field..., count: UInt16 = 4) -> RawRecord {
        RawRecord(operation: 2, descriptorCount: count, fields: fields)
    }

    static let requests: [Refusal] = [
        Refusal("magic", RawRecord(magic: Array("NSH2".utf8), operation: 1), .wrongMagic),
        Refusal("version 0", RawRecord(version: 0, operation: 1), .unsupportedVersion(0)),
        Refusal("version 2", RawRecord(version: 2, operation: 1), .unsupportedVersion(2)),
        Refusal("unknown operation", RawRecord(operation: 9), .unknownOperation(9)),
        Refusal("reply as request", RawRecord(operation: 0x8006), .unknownOperation(0x8006)),
        Refusal("event as request", RawRecord(operation: 0x4001), .unknownOperation(0x4001)),
        Refusal("length too small", RawRecord(operation: 7, length: 8, fields: [user]), .wrongLength),
        Refusal("length too large", RawRecord(operation: 7, length: 10, fields: [user]), .wrongLength),
        Refusal("length far too large", RawRecord(operation: 6, length: .max), .wrongLength),
        Refusal("reserved half word", RawRecord(operation: 6, reserved: 1), .reservedBitsSet),
        Refusal("reserved last bytes", RawRecord(operation: 6, moreReserved: 1 << 63), .reservedBitsSet),
        Refusal(
            "reserved field bytes",
            RawRecord(operation: 7, fields: [.init(1, [2], reserved: 256)]),
            .reservedBitsSet
        ),
        Refusal("field past the end", RawRecord(operation: 7, fields: [.init(1, [2], length: 2)]), .wrongLength),
        Refusal("field far past the end", RawRecord(operation: 7, fields: [.init(1, [2], length: .max)]), .wrongLength),
        Refusal("field before the end", RawRecord(operation: 7, fields: [.init(1, [2], length: 0)]), .wrongLength),
        Refusal("field where none is known", RawRecord(operation: 6, fields: [.init(1, [])]), .unknownField(1)),
        Refusal("unknown field", RawRecord(operation: 7, fields: [user, .init(2, [])]), .unknownField(2)),
        Refusal("repeated field", RawRecord(operation: 7, fields: [user, user]), .repeatedField(1)),
        Refusal("missing namespace", RawRecord(operation: 7), .missingField(1)),
        Refusal("namespace 0", RawRecord(operation: 7, fields: [.init(1, [0])]), .invalidField(1)),
        Refusal("namespace 4", RawRecord(operation: 7, fields: [.init(1, [4])]), .invalidField(1)),
        Refusal("namespace of two bytes", RawRecord(operation: 7, fields: [.init(1, [2, 0])]), .invalidField(1)),
        Refusal("namespace of no byte", RawRecord(operation: 7, fields: [.init(1, [])]), .invalidField(1)),
        Refusal("reset of control", RawRecord(operation: 7, fields: [.init(1, [1])]), .invalidField(1)),
        Refusal("signal 0", RawRecord(operation: 3, fields: [handle, .init(2, [0])]), .invalidField(2)),
        Refusal("signal 32", RawRecord(operation: 3, fields: [handle, .init(2, [32])]), .invalidField(2)),
        Refusal(
            "signal 247, that is -9",
            RawRecord(operation: 3, fields: [handle, .init(2, [247])]),
            .invalidField(2)
        ),
        Refusal(
            "signal of four bytes",
            RawRecord(operation: 3, fields: [handle, .init(2, [9, 0, 0, 0])]),
            .invalidField(2)
        ),
        Refusal("signal without handle", RawRecord(operation: 3, fields: [.init(2, [9])]), .missingField(1)),
        Refusal(
            "handle of four bytes",
            RawRecord(operation: 3, fields: [.integer(1, UInt32(1)), .init(2, [9])]),
            .invalidField(1)
        ),
        Refusal("grace", RawRecord(operation: 4, fields: [handle, .integer(2, UInt32(600_001))]), .invalidField(2)),
        Refusal("terminate without grace", RawRecord(operation: 4, fields: [handle]), .missingField(2)),
        Refusal(
            "0 rows",
            RawRecord(operation: 5, fields: [handle, .integer(2, UInt16(0)), .integer(3, UInt16(1))]),
            .invalidField(2)
        ),
        Refusal(
            "1001 columns",
            RawRecord(operation: 5, fields: [handle, .integer(2, UInt16(1)), .integer(3, UInt16(1001))]),
            .invalidField(2)
        ),
        Refusal("spawn in control", spawn(.init(1, [1]), program, root), .invalidField(1)),
        Refusal("spawn without namespace", spawn(program, root), .missingField(1)),
        Refusal("spawn without program", spawn(user, root), .missingField(2)),
        Refusal("spawn without directory", spawn(user, program), .missingField(3)),
        Refusal(
            "terminal of 1001 rows",
            spawn(user, program, root, .integer(4, UInt16(1001)), .integer(5, UInt16(1)), count: 1),
            .invalidField(4)
        ),
        Refusal(
            "terminal of 0 columns",
            spawn(user, program, root, .integer(4, UInt16(1)), .integer(5, UInt16(0)), count: 1),
            .invalidField(4)
        ),
        Refusal("rows without columns", spawn(user, program, root, .integer(4, UInt16(1)), count: 1), .missingField(5)),
        Refusal("columns without rows", spawn(user, program, root, .integer(5, UInt16(1)), count: 1), .missingField(4)),
        Refusal("a uid", spawn(user, program, root, .integer(8, UInt32(0))), .unknownField(8)),
        Refusal("less of the workspace in user", spawn(user, program, root, .integer(7, UInt8(1))), .invalidField(7)),
        Refusal(
            "an unknown part of the workspace",
            spawn(.integer(1, UInt8(3)), program, root, .integer(7, UInt8(3))),
            .invalidField(7)
        ),
        Refusal("an unknown agent", spawn(user, root, .integer(6, UInt8(3))), .invalidField(6)),
        Refusal("an agent and a program", spawn(user, program, root, .integer(6, UInt8(2))), .invalidField(6)),
        Refusal("a file agent in a cell", spawn(.integer(1, UInt8(3)), root, .integer(6, UInt8(1))), .invalidField(6)),
        Refusal("stated descriptor of status", RawRecord(operation: 6, descriptorCount: 1), .wrongDescriptorCount),
    ]

    @Test(arguments: requests)
    func aRequestThatBreaksARuleIsRefused(_ refusal: Refusal) {
        #expect(throws: refusal.error) {
            try HelperRequest.decode(refusal.record, descriptorCount: refusal.descriptorCount)
        }
    }

    static let pathsToRefuse = [
        "", "bin", "./bin", "/..", "/../", "/tmp/..", "/tmp/../etc", "/a/.././b", "/\0", "/tmp\0/x", "/proc", "/proc/",
        "//proc", "/proc/self/exe", "/./proc/self/fd/3", "/.//./proc/1/root", String(repeating: "/", count: 4096),
        "/" + String(repeating: "x", count: 4095),
    ]

    @Test(arguments: pathsToRefuse)
    func aPathThatLeadsElsewhereIsRefused(_ path: String) {
        let asProgram = Self.spawn(Self.user, .init(2, path), Self.root).bytes
        #expect(throws: DecodingError.invalidField(2)) { try HelperRequest.decode(asProgram, descriptorCount: 4) }
        let asDirectory = Self.spawn(Self.user, Self.program, .init(3, path)).bytes
        #expect(throws: DecodingError.invalidField(3)) { try HelperRequest.decode(asDirectory, descriptorCount: 4) }
    }

    @Test(arguments: [
        "/", "//", "/.", "/...", "/..a", "/a../b", "/procfs", "/pro", "/home/proc", "/PROC",
        "/" + String(repeating: "x", count: 4094),
    ])
    func aPathThatOnlyLooksSuspiciousIsAccepted(_ path: String) throws {
        let record = Self.spawn(Self.user, .init(2, path), .init(3, path)).bytes
        let decoded = try HelperRequest.decode(record, descriptorCount: 4).request
        #expect(decoded == .spawn(Samples.spawn(.user, path, path)))
    }

    @Test func aPathNeedNotBeUnicode() throws {
        let record = Self.spawn(Self.user, Self.program, .init(3, [0x2F, 0xFF, 0x80])).bytes
        guard case .spawn(let request) = try HelperRequest.decode(record, descriptorCount: 4).request else {
            Issue.record("not a spawn")
            return
        }
        #expect(request.workingDirectory == [0x2F, 0xFF, 0x80])
    }

    @Test(arguments: Samples.records.indices, [-1, 1, 2, 253])
    func aDescriptorTooFewOrTooManyIsRefused(index: Int, difference: Int) {
        let sample = Samples.records[index]
        let count = sample.descriptorCount + difference
        #expect(throws: DecodingError.wrongDescriptorCount) {
            if sample.record[7] == 0 {
                _ = try HelperRequest.decode(sample.record, descriptorCount: count)
            } else {
                _ = try HelperMessage.decode(sample.record, descriptorCount: count)
            }
        }
    }

    @Test(arguments: [0, 1, 2, 3, 5])
    func headerAndOperationMustAgreeOnDescriptors(count: Int) {
        let record = Self.spawn(Self.user, Self.program, Self.root, count: UInt16(count)).bytes
        #expect(throws: DecodingError.wrongDescriptorCount) { try HelperRequest.decode(record, descriptorCount: count) }
    }

    @Test func limitsHoldAtTheEdge() throws {
        for signal in [ProtocolLimits.signals.lowerBound, ProtocolLimits.signals.upperBound] {
            try accept(.signal(Samples.first, signal))
        }
        for grace in [ProtocolLimits.graceMilliseconds.lowerBound, ProtocolLimits.graceMilliseconds.upperBound] {
            try accept(.terminate(Samples.first, graceMilliseconds: grace))
        }
        try accept(.resize(Samples.first, TerminalSize(rows: 1, columns: 1000)))
        try accept(.spawn(Samples.spawn(.user, "/x", "/", .terminal(TerminalSize(rows: 1000, columns: 1)))))
    }

    private func accept(_ request: HelperRequest) throws {
        let record = request.encoded(id: .max)
        #expect(try HelperRequest.decode(record, descriptorCount: request.descriptorCount).request == request)
    }

    @Test func aRecordLongerThanTheLimitIsRefusedBeforeItsFieldsAreRead() {
        for excess in [0, 1] {
            let value = [UInt8](repeating: 2, count: ProtocolLimits.recordBytes - 40 + excess)
            let record = RawRecord(operation: 7, fields: [.init(1, value)]).bytes
            let error: DecodingError = excess == 0 ? .invalidField(1) : .wrongLength
            #expect(throws: error) { try HelperRequest.decode(record, descriptorCount: 0) }
        }
    }

    static let messages: [Refusal] = [
        Refusal("request as message", RawRecord(operation: 6), .unknownOperation(6)),
        Refusal("unknown operation", RawRecord(operation: 0x8009), .unknownOperation(0x8009)),
        Refusal("descriptor with status", RawRecord(operation: 0x8006, descriptorCount: 1), .wrongDescriptorCount),
        Refusal(
            "event with an id",
            RawRecord(operation: 0x4002, id: 1, fields: [user, .integer(2, UInt32(1))]),
            .reservedBitsSet
        ),
        Refusal("exit with code and signal", exit(.init(2, [0]), .init(3, [9])), .invalidField(2)),
        Refusal("exit without code and signal", exit(), .invalidField(2)),
        Refusal("exit code of four bytes", exit(.integer(2, UInt32(0))), .invalidField(2)),
        Refusal("stage 5", failed(code: 1, stage: 5), .invalidField(2)),
        Refusal("code 0", failed(code: 0, stage: 0), .invalidField(1)),
        Refusal("code 11", failed(code: 11, stage: 0), .invalidField(1)),
        Refusal("pid without handle", RawRecord(operation: 0x8002, fields: [.integer(2, Int32(1))]), .missingField(1)),
        Refusal("field in signalReply", RawRecord(operation: 0x8003, fields: [user]), .unknownField(1)),
        Refusal("short namespace row", status(.init(4, [UInt8](repeating: 1, count: 9))), .invalidField(4)),
        Refusal("namespace 0 in a row", status(.init(4, [UInt8](repeating: 0, count: 10))), .invalidField(4)),
        Refusal("half alive", status(.init(4, [UInt8](repeating: 2, count: 10))), .invalidField(4)),
        Refusal("long process row", status(.init(5, [UInt8](repeating: 2, count: 22))), .invalidField(5)),
        Refusal("process of no namespace", status(.init(5, [UInt8](repeating: 4, count: 21))), .invalidField(5)),
        Refusal(
            "513 processes",
            status(Array(repeating: .init(5, [UInt8](repeating: 2, count: 21)), count: 513)),
            .invalidField(5)
        ),
        Refusal("version that is no text", hello(changing: 1, to: [0xFF]), .invalidField(1)),
        Refusal("mode 4", hello(changing: 2, to: [4]), .invalidField(2)),
        Refusal("sharing 3", hello(changing: 9, to: [3]), .invalidField(9)),
        Refusal("reserved port of one byte", hello(adding: .init(16, [1])), .invalidField(16)),
        Refusal("probe stage alone", hello(adding: .integer(13, UInt16(21))), .missingField(14)),
        Refusal("probe errno alone", hello(adding: .integer(14, Int32(1))), .missingField(13)),
        Refusal("remedy alone", hello(adding: .init(15, "x")), .missingField(13)),
    ]

    @Test(arguments: messages)
    func aMessageThatBreaksARuleIsRefused(_ refusal: Refusal) {
        #expect(throws: refusal.error) {
            try HelperMessage.decode(refusal.record, descriptorCount: refusal.descriptorCount)
        }
    }

    private static func exit(_ cause: RawRecord.Field...) -> RawRecord {
        RawRecord(operation: 0x4001, id: 0, fields: [handle] + cause + (4...6).map { .integer($0, UInt64(1)) })
    }

    private static func failed(code: UInt16, stage: UInt16) -> RawRecord {
        RawRecord(operation: 0xFFFF, fields: [.integer(1, code), .integer(2, stage), .integer(3, Int32(0))])
    }

    private static func status(_ rows: RawRecord.Field...) -> RawRecord { status(rows) }

    private static func status(_ rows: [RawRecord.Field]) -> RawRecord {
        let numbers: [RawRecord.Field] = [.integer(1, UInt64(1)), .integer(2, UInt64(1)), .integer(3, UInt32(1))]
        return RawRecord(operation: 0x8006, fields: numbers + rows)
    }

    private static func hello(
        changing tag: UInt16 = 0,
        to value: [UInt8] = [],
        adding extra: RawRecord.Field? = nil
    ) -> RawRecord {
        var fields: [RawRecord.Field] = [.init(1, "1"), .init(2, [1])]
        fields += (3...7).map { .integer($0, UInt32(1)) }
        fields += [
            .init(8, "/w"), .init(9, [0]), .integer(10, UInt16(1)), .integer(11, UInt16(2)), .integer(12, UInt32(1)),
        ]
        for index in fields.indices where fields[index].tag == tag { fields[index].value = value }
        return RawRecord(operation: 0x8001, fields: fields + (extra.map { [$0] } ?? []))
    }
}
