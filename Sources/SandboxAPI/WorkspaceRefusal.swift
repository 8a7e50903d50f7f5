/// Refuses what only commands can have: ignored, it would let a caller believe in a protection that is not there.
enum WorkspaceRefusal {
    private enum CodingKeys: String, CodingKey {
        case workspace
    }

    /// Throws if the body asks for less than the whole workspace.
    static func check(_ decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let access = try fields.decodeIfPresent(WorkspaceAccessName.self, forKey: .workspace)
        guard let access, access != .readWrite else { return }
        throw DecodingError.dataCorruptedError(
            forKey: .workspace,
            in: fields,
            debugDescription: "Commands alone can have this."
        )
    }
}
