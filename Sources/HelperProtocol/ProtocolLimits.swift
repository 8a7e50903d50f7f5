/// Bounds of the helper protocol, each checked before anything is allocated for the value it bounds.
public enum ProtocolLimits {
    /// Largest record in bytes, header included. A record carries metadata only, argv and environment
    /// travel in a memfd; the kernel's default socket buffer would allow about 212 kB.
    public static let recordBytes = 65_536
    /// Largest number of descriptors in one record: payload memfd, stdin, stdout, stderr.
    public static let descriptorsPerRecord = 4
    /// Largest sealed payload (argv and environment together) in bytes. The kernel's own limit for
    /// execve(2) is a quarter of the stack limit, 2 MiB with the default stack of 8 MiB.
    public static let payloadBytes = 2 * 1024 * 1024
    /// Largest single argv or environment string in bytes, its NUL included (MAX_ARG_STRLEN, execve(2)).
    public static let stringBytes = 131_072
    /// Largest number of argv entries.
    public static let arguments = 4096
    /// Largest number of environment entries.
    public static let variables = 4096
    /// Largest path in bytes, without the NUL (PATH_MAX counts it).
    public static let pathBytes = 4095
    /// Terminal sizes the helper accepts, in character cells, for rows and columns.
    public static let terminalCells: ClosedRange<UInt16> = 1...1000
    /// Signals the helper passes on: the standard ones. Real-time signals have no use across this door.
    public static let signals: ClosedRange<UInt8> = 1...31
    /// Longest grace period between SIGTERM and SIGKILL, in milliseconds.
    public static let graceMilliseconds: ClosedRange<UInt32> = 0...600_000
    /// Largest number of process rows in one status reply.
    public static let statusProcesses = 512
}
