/// The descriptors that the parent opened for this process: LISTEN_FDS and LISTEN_FDNAMES, sd_listen_fds(3).
struct InheritedDescriptors: Equatable {
    /// Where the numbering starts.
    static let first: Int32 = 3

    /// The socket of the helper's protocol.
    var helper: Int32
    /// The listening socket of the HTTP API.
    var api: Int32
    /// The listening socket of Jupyter.
    var jupyter: Int32
    /// A sealed file with the seccomp program that denies execve.
    var filter: Int32
    /// Where descriptors of the audit log come from; nil if none is kept.
    var audit: Int32?
    /// A sealed file with Jupyter's token; nil if there is no Jupyter.
    var token: Int32?

    /// Reads the two variables. LISTEN_PID may be absent, because the helper cannot know the pid in time.
    init(environment: [String: String], pid: Int32) throws(StartupError) {
        guard let count = environment["LISTEN_FDS"].flatMap({ Int32($0) }), (1...64).contains(count) else {
            throw StartupError("LISTEN_FDS must give the number of inherited sockets; start the server by ns-helper.")
        }
        if let wanted = environment["LISTEN_PID"], wanted != String(pid) {
            throw StartupError("LISTEN_PID names another process; the inherited sockets are not for this one.")
        }
        let names = (environment["LISTEN_FDNAMES"] ?? "").split(separator: ":", omittingEmptySubsequences: false)
        guard names.count == Int(count) else {
            throw StartupError("LISTEN_FDNAMES must give \(count) names separated by colons.")
        }
        func number(_ name: String) throws(StartupError) -> Int32 {
            let found = names.indices.filter { names[$0] == name }
            guard found.count == 1 else {
                throw StartupError("LISTEN_FDNAMES must give the name \(name) exactly once.")
            }
            return Self.first + Int32(found[0])
        }
        helper = try number("helper")
        api = try number("api")
        jupyter = try number("jupyter")
        filter = try number("filter")
        audit = names.contains("audit") ? try number("audit") : nil
        token = names.contains("token") ? try number("token") : nil
    }
}
