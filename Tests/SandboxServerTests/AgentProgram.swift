import Glibc

/// Where `sandbox-agent` lies: in the directory of the test bundle, because one build makes both.
enum AgentProgram {
    /// Absolute path; nil if it has not been built.
    static let path: String? = {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { link in
                link.baseAddress.map { readlink("/proc/self/exe", $0, link.count) } ?? -1
            }
        }
        let runner = count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : ""
        // The bundle is the runner itself, or the file that the runner was told to load.
        for program in [runner] + CommandLine.arguments {
            guard let slash = program.lastIndex(of: "/") else { continue }
            let path = program[..<slash] + "/sandbox-agent"
            if path.hasPrefix("/"), access(String(path), X_OK) == 0 { return String(path) }
        }
        return nil
    }()
}
