import Glibc

/// Where the programs under test lie. Nothing is ever skipped: a missing program is a failure that says what to do.
public enum TestPrograms {
    /// The helper that the options ask for. The one of negative controls never lies beside those that are shipped.
    static func helper(_ options: PairOptions) throws -> String {
        try path(options.without.isEmpty ? "ns-helper" : "../weakened/dist/ns-helper")
    }

    /// The server of a debug build, whose heap can be told not to wipe (`Sources/CWipingHeap`).
    public static func debugServer() throws -> String { try directory(holding: "sandbox-server") + "/sandbox-server" }

    /// The directory of the tests' own program, which holds the debug builds of all others.
    ///
    /// - Throws: ``TestFailure`` if the named one is not there.
    public static func directory(holding name: String) throws -> String {
        var buffer = [CChar](repeating: 0, count: 4097)
        let count = readlink("/proc/self/exe", &buffer, 4096)
        let path = String(decoding: buffer[..<max(count, 0)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let directory = path.split(separator: "/").dropLast().map { "/" + $0 }.joined()
        guard access(directory + "/" + name, X_OK) == 0 else {
            throw TestFailure("no \(name) in \(directory): run swift build")
        }
        return directory
    }

    /// Path of `ns-helper`, `sandbox-agent`, `sandbox-server`, `state-probe`, `stand-in-server` or
    /// `engine-filter`.
    ///
    /// - Throws: ``TestFailure`` if the tests are not run by root, or `SANDBOX_TEST_BIN_DIR` does not hold the program.
    public static func path(_ name: String) throws -> String {
        guard geteuid() == 0 else {
            throw TestFailure("these tests make namespaces and uids: run scripts/test as root")
        }
        guard let directory = getenv("SANDBOX_TEST_BIN_DIR").map({ String(cString: $0) }) else {
            throw TestFailure("SANDBOX_TEST_BIN_DIR is not set: run scripts/test, which builds the programs first")
        }
        let path = directory + "/" + name
        guard access(path, X_OK) == 0 else {
            throw TestFailure("\(name) is missing from SANDBOX_TEST_BIN_DIR: run scripts/test, which builds it")
        }
        return path
    }

    /// Where `Jupyter/install` has put Jupyter and the kernels; SANDBOX_TEST_JUPYTER names another place.
    ///
    /// - Throws: ``TestFailure`` if it is not there.
    public static func jupyter() throws -> String {
        let directory = getenv("SANDBOX_TEST_JUPYTER").map { String(cString: $0) } ?? "/opt/sandbox-jupyter"
        guard access(directory + "/bin/sandbox-jupyter", X_OK) == 0 else {
            throw TestFailure("there is no Jupyter in \(directory): run scripts/dependencies --test, which installs it")
        }
        return directory
    }

    /// Where `Tests/Tools/install` has put AWS CLI and what goes with it; SANDBOX_TEST_TOOLS names another place.
    ///
    /// - Throws: ``TestFailure`` if it is not there.
    public static func tools() throws -> String {
        let directory = getenv("SANDBOX_TEST_TOOLS").map { String(cString: $0) } ?? "/opt/sandbox-tools"
        guard access(directory + "/bin/aws", X_OK) == 0 else {
            throw TestFailure("there is no AWS CLI in \(directory): run scripts/dependencies --test, which installs it")
        }
        return directory
    }
}
