import Glibc
import Testing

@testable import SandboxServer

@Suite struct SelfCheckTests {
    private static let good = """
        Name:\tx
        Uid:\t7\t7\t7\t7
        Gid:\t8\t8\t8\t8
        CapInh:\t0000000000000000
        CapPrm:\t0000000000000000
        CapEff:\t0000000000000000
        CapBnd:\t0000000000000000
        CapAmb:\t0000000000000000
        NoNewPrivs:\t1
        Seccomp:\t2
        Seccomp_filters:\t1
        """

    private func problems(_ text: String, execve: Int32 = EPERM, strict: Bool = true) throws -> [String] {
        SelfCheck.problems(try ProcessStatus(text: text), execveError: execve, requiresEmptyBoundingSet: strict)
    }

    @Test func `a process without any privilege may run`() throws {
        #expect(try problems(Self.good).isEmpty)
    }

    @Test(arguments: [
        ("Uid:\t7\t7\t7\t7", "Uid:\t7\t7\t0\t7"), ("Gid:\t8\t8\t8\t8", "Gid:\t0\t8\t8\t8"),
        ("CapInh:\t0000000000000000", "CapInh:\t0000000000000001"),
        ("CapPrm:\t0000000000000000", "CapPrm:\t0000008000000000"),
        ("CapEff:\t0000000000000000", "CapEff:\t0000000000200000"),
        ("CapBnd:\t0000000000000000", "CapBnd:\t0000000000000002"),
        ("CapAmb:\t0000000000000000", "CapAmb:\t0000000000000001"), ("NoNewPrivs:\t1", "NoNewPrivs:\t0"),
        ("Seccomp:\t2", "Seccomp:\t0"), ("Seccomp:\t2", "Seccomp:\t1"), ("Seccomp_filters:\t1", "Seccomp_filters:\t0"),
    ])
    func `each privilege left is one problem`(_ line: String, _ bad: String) throws {
        let text = Self.good.split(separator: "\n").map { $0 == line ? bad : String($0) }.joined(separator: "\n")
        #expect(try problems(text).count == 1)
    }

    @Test func `a filter that lets execve through is found`() throws {
        #expect(try problems(Self.good, execve: ENOENT) == ["its seccomp filter does not deny execve"])
    }

    @Test func `a full bounding set is forgiven where no helper could empty it`() throws {
        let text = Self.good.split(separator: "\n").map { $0.hasPrefix("CapBnd") ? "CapBnd:\t01ff" : String($0) }
        #expect(try problems(text.joined(separator: "\n"), strict: false).isEmpty)
    }

    @Test(arguments: ["Uid", "Gid", "CapEff", "NoNewPrivs", "Seccomp"])
    func `a missing line is an error, not a pass`(_ name: String) {
        let text = Self.good.split(separator: "\n").filter { !$0.hasPrefix(name + ":") }.joined(separator: "\n")
        #expect(throws: StartupError.self) { _ = try ProcessStatus(text: text) }
    }

    @Test func `this process can be read`() throws {
        let text = try #require(SmallFile.text("/proc/self/status"))
        #expect(try ProcessStatus(text: text).userIDs.first == getuid())
    }
}
