import HelperProtocol

/// What a directory named in a request must look like before the helper is asked.
enum PathRules {
    /// What is wrong with the path, in words that do not repeat it; nil if nothing is.
    static func problem(_ path: String) -> String? {
        let bytes = Array(path.utf8)
        guard bytes.first == UInt8(ascii: "/") else { return "must be an absolute path" }
        guard bytes.count <= ProtocolLimits.pathBytes else {
            return "must have at most \(ProtocolLimits.pathBytes) bytes"
        }
        guard !bytes.contains(0) else { return "must not hold a NUL" }
        let components = bytes.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
        // The helper's protocol has no such paths: what they mean depends on who resolves them.
        guard !components.contains("..") else { return "must not hold a .. component" }
        // /proc/self/fd/N, /proc/1/root and friends are doors to elsewhere.
        guard components.first(where: { $0 != "." }) != "proc" else { return "must not be below /proc" }
        return nil
    }
}
