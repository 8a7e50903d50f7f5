/// A body that holds secrets: says where, so that they are taken out of the text before a decoder sees it.
///
/// A decoder copies every string it reads into memory that nobody overwrites. With ``SecretScanner`` the values of
/// these fields go from the text's bytes to ``SecretBytes`` and nowhere else.
package protocol SecretCarrying: Decodable {
    /// Where the secrets stand: member by member from the outermost value, `*` for any member and any element. At most
    /// 8 paths. Every field of the type ``SecretBytes`` must be named.
    static var secretPaths: [[String]] { get }
}

extension ExecuteRequest: SecretCarrying {
    package static let secretPaths = [["env", "*"], ["stdin"]]
}

extension ProcessStartRequest: SecretCarrying {
    package static let secretPaths = ExecuteRequest.secretPaths
}

extension SessionCreateRequest: SecretCarrying {
    package static let secretPaths = [["env", "*"]]
}

extension ContextCreateRequest: SecretCarrying {
    package static let secretPaths = [["env_vars", "*"]]
}

extension ExecuteCodeRequest: SecretCarrying {
    package static let secretPaths = ContextCreateRequest.secretPaths
}

extension GitCheckoutRequest: SecretCarrying {
    package static let secretPaths = [["repoUrl"]]
}

extension BackupUploadRequest: SecretCarrying {
    package static let secretPaths = [["parts", "*", "url"]]
}
