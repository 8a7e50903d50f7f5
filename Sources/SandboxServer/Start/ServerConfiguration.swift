import Logging

/// Everything an operator can set, checked.
struct ServerConfiguration: Sendable, Equatable {
    /// The shell that runs commands: absolute path.
    var shell = "/bin/bash"
    /// What is used where ``shell`` was not set and does not exist.
    static let fallbackShell = "/bin/sh"
    /// Milliseconds until a command is ended; 0 for never.
    var commandTimeoutMilliseconds = 0
    /// Milliseconds between SIGTERM and SIGKILL.
    var graceMilliseconds = 5000
    /// Bytes kept of each of a command's two output streams.
    var outputLimitBytes = 8_388_608
    /// Bytes kept of the output of all foreground commands together, until their answers have been read.
    var outputMemoryBytes = 134_217_728
    /// Bytes kept of a background process's output, both streams together.
    var processLogBytes = 4_194_304
    /// Sessions at once.
    var maximumSessions = 64
    /// Contexts of the code interpreter at once, each a kernel.
    var maximumContexts = 32
    /// Where archives of directories lie; the sandbox's user writes there.
    var backupDirectory = "/var/backups"
    /// Largest request body in bytes.
    var bodyLimitBytes = 33_554_432
    /// Largest command in bytes.
    var commandLimitBytes = 131_071
    /// Largest sum of the names and values of a request's variables in bytes.
    var environmentLimitBytes = 1_048_576
    /// Names added to the neutral ones.
    var neutralVariables: [String] = []
    /// Origins whose pages may use the API from a browser; `*` for all.
    var crossOrigins: [String] = []
    /// The file that holds the access token.
    var accessTokenFile: String?
    /// Connections at once from elsewhere.
    var maximumConnections = 1024
    /// Connections at once from this host.
    var maximumLoopbackConnections = 128
    /// Connections at once of callers that are refused.
    var maximumRefusedConnections = 32
    /// Milliseconds from a connection to the end of the first request's header.
    var headerTimeoutMilliseconds = 15_000
    /// Milliseconds that a connection may be idle between two requests.
    var idleTimeoutMilliseconds = 60_000
    /// Milliseconds between two pieces of a body.
    var bodyTimeoutMilliseconds = 120_000
    /// What is logged.
    var logLevel = Logger.Level.info
}
