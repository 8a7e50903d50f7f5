import Glibc

/// Programs of the caller's machine.
enum LocalProgram {
    /// The path of a program beside this one, else in PATH.
    static func find(_ name: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 4097)
        let count = readlink("/proc/self/exe", &buffer, 4096)
        var folders = (Environment.value("PATH") ?? "/usr/local/bin:/usr/bin").split(separator: ":").map(String.init)
        if count > 0 {
            let own = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            folders.insert(String(own.prefix(upTo: own.lastIndex(of: "/") ?? own.startIndex)), at: 0)
        }
        return folders.map { $0 + "/" + name }.first { access($0, X_OK) == 0 }
    }

    /// Goes on as another program, with this one's standard streams and environment; returns errno(3) if that fails.
    static func become(_ path: String, _ arguments: [String]) -> Int32 {
        // Handlers go with the program, ignored signals stay: signal(7).
        signal(SIGPIPE, SIG_DFL)
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        execv(path, &words)
        return errno
    }
}
