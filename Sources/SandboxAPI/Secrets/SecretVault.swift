import Glibc
import Synchronization

/// The secrets of one body between the scanner that found them and the decoder that asks for them by number.
///
/// In the decoder's `userInfo` under ``userInfoKey``. Each is given out once; what nobody asked for is overwritten.
package final class SecretVault: Sendable {
    /// Where ``SecretBytes`` looks for the vault.
    package static let userInfoKey: CodingUserInfoKey = {
        guard let key = CodingUserInfoKey(rawValue: "SecretVault") else { preconditionFailure("the name is valid") }
        return key
    }()

    private let secrets: Mutex<[[UInt8]?]>

    init(_ secrets: consuming [[UInt8]?]) {
        self.secrets = Mutex(secrets)
    }

    deinit {
        secrets.withLock { secrets in
            for index in secrets.indices {
                secrets[index]?.withUnsafeMutableBytes { memory in
                    if let start = memory.baseAddress { explicit_bzero(start, memory.count) }
                }
            }
        }
    }

    /// Hands out the secret that this text stands for; nil if there is none, or it has been handed out.
    func take(_ placeholder: String) -> [UInt8]? {
        guard let index = Int(placeholder) else { return nil }
        return secrets.withLock { secrets in
            secrets.indices.contains(index) ? secrets[index].take() : nil
        }
    }
}
