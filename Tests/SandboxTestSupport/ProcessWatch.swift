import CTestShim
import Glibc
import HelperTransport

/// Names one process for good, wherever its pid goes, and tells when it has ended (pidfd_open(2)).
public final class ProcessWatch: Sendable {
    private let descriptor: OwnedDescriptor

    /// Starts to watch a running process.
    ///
    /// - Throws: ``SystemError`` with ESRCH if there is none of this pid.
    public init(_ pid: Int32) throws {
        var number: Int32 = -1
        try SystemError.check(ct_pidfd(pid, &number))
        descriptor = OwnedDescriptor(adopting: number)
    }

    /// Whether it has ended (it may still be a zombie).
    public var hasEnded: Bool { waitForEnd(milliseconds: 0) }

    /// Blocks until it has ended; false if it has not within the time.
    public func waitForEnd(milliseconds: Int32) -> Bool {
        ct_wait_end(descriptor.rawValue, milliseconds) == 0
    }

    /// Waits until it has ended without blocking the task's thread.
    ///
    /// - Throws: ``TestFailure`` if it has not ended within the time.
    public func end(within milliseconds: Int32 = 10_000) async throws {
        let ended = try await DetachedThread.run { [self] in waitForEnd(milliseconds: milliseconds) }
        guard ended else { throw TestFailure("a process lived on for \(milliseconds) ms") }
    }

    /// Sends a signal; an ended process is no error.
    public func signal(_ number: Int32) {
        _ = ct_signal(descriptor.rawValue, number)
    }

    /// SIGKILL, and blocks until it has ended.
    public func kill(milliseconds: Int32) {
        signal(SIGKILL)
        _ = waitForEnd(milliseconds: milliseconds)
    }
}
