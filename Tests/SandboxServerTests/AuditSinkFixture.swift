import CMessageShim
import Glibc
import HelperTransport
import Logging

@testable import SandboxServer

/// An audit log with the helper's end of its channel in the test's hands.
final class AuditSinkFixture {
    let log: AuditLog
    let path: String
    private let channel: RecordChannel

    /// - Parameters:
    ///   - destination: A path to append to; nil makes a new file.
    ///   - descriptor: What is handed over instead of opening it.
    init(_ destination: String? = nil, sending descriptor: Int32? = nil) throws {
        let pair = try RecordChannel.pair()
        let far = OwnedDescriptor(adopting: dup(pair.far.rawValue))
        channel = RecordChannel(adopting: pair.consumeNear())
        path = destination ?? "/tmp/audit-\(UInt64.random(in: 0 ... .max))"
        if let descriptor {
            try channel.send([1], descriptors: [descriptor])
        } else {
            try Self.send(path, channel)
        }
        log = AuditLog(adopting: far, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    deinit { if path.hasPrefix("/tmp/") { unlink(path) } }

    /// Hands over another file, as the helper does on SIGHUP.
    func reopen(_ path: String) throws { try Self.send(path, channel) }

    private static func send(_ path: String, _ channel: borrowing RecordChannel) throws {
        let number = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw SystemError(errno: errno) }
        let file = OwnedDescriptor(adopting: number)
        try channel.send([1], descriptors: [file.rawValue])
    }

    /// What stands in a file, line by line.
    static func lines(_ path: String) -> [String] {
        (SmallFile.text(path) ?? "").split(separator: "\n").map(String.init)
    }

    var lines: [String] { Self.lines(path) }
}
