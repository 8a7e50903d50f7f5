import HelperProtocol

/// The one rule for names of variables, as the helper has it.
enum VariableName {
    static func isValid(_ name: some Sequence<UInt8>) -> Bool {
        SpawnPayload.isVariableName(name)
    }
}
