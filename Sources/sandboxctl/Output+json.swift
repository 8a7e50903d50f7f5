import FoundationEssentials

extension Output {
    /// A value as JSON, for programs and people.
    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        line(Printable.json(String(decoding: try encoder.encode(value), as: UTF8.self)))
    }
}
