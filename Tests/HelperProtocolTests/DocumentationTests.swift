import FoundationEssentials
import HelperProtocol
import Testing

/// The page, the golden records of the Python client and this code say the same.
struct DocumentationTests {
    private struct Vector: Decodable {
        var name: String
        var hex: String
    }

    private static func file(_ path: String) throws -> Data {
        let here = URLPath(#filePath).removingLast(3)
        return try Data(contentsOf: .init(filePath: here + "/" + path))
    }

    private static func page() throws -> String { String(decoding: try file("Docs/HelperProtocol.md"), as: UTF8.self) }

    /// Path arithmetic on `/`.
    private struct URLPath {
        var text: String

        init(_ text: String) { self.text = text }

        func removingLast(_ count: Int) -> String {
            text.split(separator: "/", omittingEmptySubsequences: false).dropLast(count).joined(separator: "/")
        }
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test func goldenRecordsAreWhatTheEncoderWrites() throws {
        var expected = Dictionary(uniqueKeysWithValues: Samples.records.map { ($0.name, Self.hex($0.record)) })
        expected["payload"] = Self.hex(try Samples.encode(Samples.payload.arguments, Samples.payload.variables))
        let vectors = try JSONDecoder().decode([Vector].self, from: Self.file("Tests/Python/vectors.json"))
        #expect(Dictionary(uniqueKeysWithValues: vectors.map { ($0.name, $0.hex) }) == expected)
    }

    @Test func thePageListsEveryStage() throws {
        let rows = Set(
            try Self.page().split(separator: "\n").map { $0.split(separator: " | ").prefix(2).joined(separator: " ") }
        )
        for stage in Stage.allCases { #expect(rows.contains("| \(stage.rawValue) \(stage.name)")) }
    }

    @Test func thePageListsEveryOperation() throws {
        let page = try Self.page()
        for operation in Operation.allCases {
            let number = Self.hex([UInt8(operation.rawValue >> 8), UInt8(operation.rawValue & 0xFF)])
            #expect(page.contains("| 0x\(number) | \(operation) |"))
        }
    }

    @Test func thePageListsEveryFailureCode() throws {
        let page = try Self.page()
        let codes = (UInt16(0)...100).compactMap(HelperFailure.Code.init)
        #expect(codes.count == 10)
        for code in codes { #expect(page.contains("| \(code.rawValue) | \(code) |")) }
    }

    @Test func theWorkedExampleIsMadeOfGoldenRecords() throws {
        let blocks = try Self.page().split(separator: "\n```\n", omittingEmptySubsequences: false)
        let dumps = blocks.filter { $0.hasPrefix("0000  ") }.map { block in
            block.split(separator: "\n").map { $0.dropFirst(6).prefix(48).filter { $0 != " " } }.joined()
        }
        let golden = Set(
            Samples.records.map { Self.hex($0.record) }
                + [Self.hex(try Samples.encode(Samples.payload.arguments, Samples.payload.variables))]
        )
        #expect(dumps.count == 6)
        for dump in dumps { #expect(golden.contains(dump)) }
    }
}
