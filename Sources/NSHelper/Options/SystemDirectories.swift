/// Directories that belong to the system, and so to nobody's workspace or socket.
enum SystemDirectories {
    private static let paths: Set<String> = [
        "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/media", "/mnt", "/opt", "/proc", "/root",
        "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/usr/local", "/var", "/var/lib", "/var/run", "/var/tmp",
    ]

    /// Whether the path names one of them, however many slashes it has.
    static func contain(_ path: String) -> Bool {
        paths.contains("/" + path.split(separator: "/").filter { $0 != "." }.joined(separator: "/"))
    }
}
