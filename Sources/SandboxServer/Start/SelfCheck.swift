import CMessageShim
import Glibc
import HelperTransport

/// The server's proof, before anything else, that it could do no harm if it were taken over (G8).
enum SelfCheck {
    /// Finds everything that is wrong; empty means the server may run.
    ///
    /// - Parameters:
    ///   - status: What the kernel says about this process.
    ///   - execveError: errno of an attempt to execute a file that does not exist: EPERM if a filter denies the call,
    ///     ENOENT if it got as far as looking for the file.
    ///   - requiresEmptyBoundingSet: Whether isolation was set up by a helper that could empty it.
    static func problems(_ status: ProcessStatus, execveError: Int32, requiresEmptyBoundingSet: Bool) -> [String] {
        var problems: [String] = []
        if status.userIDs.contains(0) { problems.append("it runs as root (uid 0)") }
        if status.groupIDs.contains(0) { problems.append("it runs with group root (gid 0)") }
        for name in ProcessStatus.capabilitySets where status.capabilities[name] != 0 {
            if name == "CapBnd", !requiresEmptyBoundingSet { continue }
            problems.append("its capability set \(name) is not empty")
        }
        if status.noNewPrivileges != 1 { problems.append("no_new_privs is not set") }
        if status.seccompMode != 2 || status.seccompFilters == 0 {
            problems.append("no seccomp filter is installed")
        } else if execveError != EPERM {
            problems.append("its seccomp filter does not deny execve")
        }
        return problems
    }

    /// Checks this process and makes it unreadable for others of its uid. PR_SET_DUMPABLE, prctl(2).
    static func verify(requiresEmptyBoundingSet: Bool) throws(StartupError) {
        guard let text = SmallFile.text("/proc/self/status") else {
            throw StartupError("/proc/self/status cannot be read; the server cannot verify that it has no privilege.")
        }
        let problems = problems(
            try ProcessStatus(text: text),
            execveError: execveError(),
            requiresEmptyBoundingSet: requiresEmptyBoundingSet
        )
        guard problems.isEmpty else {
            throw StartupError(
                "the server refuses to run with privileges: \(problems.joined(separator: "; ")). Start it by ns-helper."
            )
        }
        guard cms_set_not_dumpable() == 0 else {
            throw StartupError("the server cannot make its memory unreadable (PR_SET_DUMPABLE).")
        }
    }

    /// Tries to execute a file that cannot exist, so nothing happens even where the call is permitted.
    private static func execveError() -> Int32 {
        var arguments: [UnsafeMutablePointer<CChar>?] = [nil]
        execve("/proc/self/does-not-exist", &arguments, &arguments)
        return errno
    }
}
