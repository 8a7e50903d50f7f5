import HelperProtocol
import Testing

struct SpawnPayloadTests {
    private func layout(_ bytes: [UInt8]) throws -> SpawnPayload.Layout { try SpawnPayload.layout(of: bytes.span) }

    private func problem(_ bytes: [UInt8]) -> SpawnPayload.Problem? {
        do {
            _ = try layout(bytes)
            return nil
        } catch {
            return error as? SpawnPayload.Problem
        }
    }

    private func raw(
        magic: String = "NSA1",
        arguments: UInt32 = 1,
        variables: UInt32 = 0,
        length: UInt32? = nil,
        _ strings: [UInt8]
    ) -> [UInt8] {
        Array(magic.utf8) + RawRecord.bytes(arguments) + RawRecord.bytes(variables)
            + RawRecord.bytes(length ?? UInt32(strings.count)) + strings
    }

    private func strings(_ list: String...) -> [UInt8] { list.flatMap { Array($0.utf8) + [0] } }

    @Test func stringsLieWhereTheLayoutSays() throws {
        let bytes = try Samples.encode(["sh", "-c", "", "é"], [("A", "1=2"), ("_b9", "")])
        let layout = try self.layout(bytes)
        let found = (layout.arguments + layout.variables).map {
            String(decoding: bytes[$0...].prefix { $0 != 0 }, as: UTF8.self)
        }
        #expect(found == ["sh", "-c", "", "é", "A=1=2", "_b9="])
        #expect(layout.arguments.count == 4)
        #expect(bytes.last == 0)
    }

    @Test func valuesNeedNotBeUnicode() throws {
        let bytes = try SpawnPayload.encode(arguments: [[0xFF]], variables: [(name: [0x41], value: [0xC3, 0x28])])
        #expect(problem(bytes) == nil)
    }

    @Test func brokenLayoutsAreNamed() {
        #expect(problem([]) == .wrongLength)
        #expect(problem(raw([])) == .wrongLength)
        #expect(problem(raw(magic: "NSH1", strings("x"))) == .wrongMagic)
        #expect(problem(raw(arguments: 0, strings("x"))) == .emptyCommand)
        #expect(problem(raw(strings(""))) == .emptyCommand)
        #expect(problem(raw(arguments: 2, strings("", "x"))) == .emptyCommand)
        #expect(problem(raw(arguments: .max, strings("x"))) == .tooManyStrings)
        #expect(problem(raw(variables: .max, strings("x"))) == .tooManyStrings)
        #expect(problem(raw(arguments: 1, strings("x", "y"))) == .tooManyStrings)
        #expect(problem(raw(arguments: 2, strings("x"))) == .wrongLength)
        #expect(problem(raw(length: 1, strings("x"))) == .wrongLength)
        #expect(problem(raw(length: 3, strings("x"))) == .wrongLength)
        #expect(problem(raw(length: .max, strings("x"))) == .wrongLength)
        #expect(problem(raw(Array("x".utf8))) == .wrongLength)
        #expect(problem(raw(strings("x") + Array("y".utf8))) == .wrongLength)
    }

    @Test(arguments: ["", "=", "=x", "A", "1A=x", "A B=x", "A-B=x", "A\n=x", "Ä=x", "A.b=x", "()=x"])
    func aVariableWithoutAProperNameIsRefused(_ variable: String) {
        #expect(problem(raw(variables: 1, strings("x", variable))) == .invalidVariable)
    }

    @Test(arguments: ["A=", "_=x", "a1=", "LC_ALL=C", "A==", "A= \n\u{7F}"])
    func aVariableWithAProperNameIsAccepted(_ variable: String) {
        #expect(problem(raw(variables: 1, strings("x", variable))) == nil)
    }

    @Test func theEncoderRefusesWhatTheDecoderWould() {
        #expect(throws: SpawnPayload.Problem.emptyCommand) { try Samples.encode([]) }
        #expect(throws: SpawnPayload.Problem.emptyCommand) { try Samples.encode(["", "x"]) }
        #expect(throws: SpawnPayload.Problem.self) { try Samples.encode(["x\0y"]) }
        #expect(throws: SpawnPayload.Problem.self) { try Samples.encode(["x\0"], [("A", "b")]) }
        #expect(throws: SpawnPayload.Problem.self) { try Samples.encode(["x"], [("A", "b\0B=c")]) }
        #expect(throws: SpawnPayload.Problem.invalidVariable) { try Samples.encode(["x"], [("", "b")]) }
    }

    @Test func anEqualsSignInsideANameIsRefusedNotMovedIntoTheValue() {
        #expect(throws: SpawnPayload.Problem.invalidVariable) { try Samples.encode(["x"], [("A=B", "c")]) }
    }

    @Test func aStringMayFillItsLimitAndNotMore() {
        let longest = String(repeating: "x", count: ProtocolLimits.stringBytes - 1)
        #expect(throws: Never.self) { try Samples.encode([longest]) }
        #expect(throws: Never.self) { try Samples.encode(["x"], [("A", String(longest.dropLast(2)))]) }
        #expect(throws: SpawnPayload.Problem.stringTooLong) { try Samples.encode([longest + "x"]) }
        #expect(throws: SpawnPayload.Problem.stringTooLong) {
            try Samples.encode(["x"], [("A", String(longest.dropLast(1)))])
        }
    }

    @Test func countsMayFillTheirLimitsAndNotMore() throws {
        let arguments = Array(repeating: "x", count: ProtocolLimits.arguments)
        let variables = Array(repeating: ("A", ""), count: ProtocolLimits.variables)
        let layout = try self.layout(Samples.encode(arguments, variables))
        #expect(layout.arguments.count == ProtocolLimits.arguments)
        #expect(layout.variables.count == ProtocolLimits.variables)
        #expect(throws: SpawnPayload.Problem.tooManyStrings) { try Samples.encode(arguments + ["x"]) }
        #expect(throws: SpawnPayload.Problem.tooManyStrings) { try Samples.encode(["x"], variables + [("A", "")]) }
    }

    @Test func aPayloadMayFillItsLimitAndNotMore() throws {
        let block = String(repeating: "x", count: ProtocolLimits.stringBytes - 1)
        let whole = Array(repeating: block, count: ProtocolLimits.payloadBytes / ProtocolLimits.stringBytes - 1)
        let rest = String(block.dropLast(SpawnPayload.headerSize))
        #expect(try Samples.encode(whole + [rest]).count == ProtocolLimits.payloadBytes)
        #expect(throws: SpawnPayload.Problem.wrongLength) { try Samples.encode(whole + [rest + "x"]) }
    }

    @Test func everyPrefixIsRefused() throws {
        let bytes = try Samples.encode(Samples.payload.arguments, Samples.payload.variables)
        for length in bytes.indices { #expect(problem(Array(bytes[..<length])) != nil) }
    }

    @Test func everyValueOfEveryByteIsAProblemOrALayoutInsideThePayload() throws {
        let bytes = try Samples.encode(Samples.payload.arguments, Samples.payload.variables)
        for offset in bytes.indices {
            var changed = bytes
            for value in UInt8.min...UInt8.max {
                changed[offset] = value
                guard let layout = try? self.layout(changed) else { continue }
                #expect((layout.arguments + layout.variables).allSatisfy { 16..<changed.count ~= $0 })
            }
        }
    }

    @Test func variableNamesAreThoseOfTheShell() {
        for name in ["A", "_", "a9", "PATH"] { #expect(SpawnPayload.isVariableName(name.utf8)) }
        for name in ["", "9", "A-", "A=", "Ä", "A\0"] { #expect(!SpawnPayload.isVariableName(name.utf8)) }
    }
}
