/// What the helper reads from a sealed memfd.
@c(LLVMFuzzerTestOneInput)
public func fuzzPayload(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let layout = try? SpawnPayload.layout(of: bytes.span) else { return 0 }
    // execve(2) reads each string up to its NUL, which must lie inside the payload.
    precondition(bytes.last == 0 && !layout.arguments.isEmpty, "a string without an end, or no command")
    func string(_ offset: Int) -> [UInt8] { Array(bytes[offset...].prefix { $0 != 0 }) }
    let variables = layout.variables.map { offset in
        let parts = string(offset).split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        precondition(parts.count == 2 && SpawnPayload.isVariableName(parts[0]), "a variable without a name")
        return (name: Array(parts[0]), value: Array(parts[1]))
    }
    let again = try? SpawnPayload.encode(arguments: layout.arguments.map(string), variables: variables)
    precondition(again == bytes, "another payload after a second trip")
    return 0
}
