import CTestShim
import Glibc
import HelperClient
import HelperProtocol
import HelperTransport
import SandboxTestSupport
import Testing

/// Pairs in a cgroup of their own, as in a container: who is where, and what a reset does there. Which controllers
/// there are is the machine's business; `scripts/test-cgroups` has all of them.
@Suite(.timeLimit(.minutes(20)))
struct ControlGroupTests {
    /// A cgroup that a pair can take for its container's.
    private final class Container {
        let mount: String
        let path: String

        init() throws {
            mount = "/run/sandbox-cgroup-\(getpid())-\(UInt64.random(in: 0 ... .max))"
            path = mount + "/container-" + mount.split(separator: "-").suffix(2).joined(separator: "-")
            guard mkdir(mount, 0o700) == 0 else { throw TestFailure("cannot make \(mount)") }
            try SystemError.check(ct_mount("cgroup2", mount))
            guard mkdir(path, 0o755) == 0 else { throw TestFailure("cannot make \(path): is version 2 read-only?") }
        }

        deinit {
            for name in groups { rmdir("\(path)/\(name)") }
            rmdir(path)
            _ = ct_unmount(mount)
            rmdir(mount)
        }

        /// The names of the groups in it.
        var groups: [String] { Self.directories(path) }

        static func directories(_ path: String) -> [String] {
            DirectoryListing.names(path).filter { !$0.hasPrefix("cgroup.") && access("\(path)/\($0)/.", F_OK) == 0 }
        }

        /// The group of a process, below the container's.
        func group(of pid: Int32) -> String? {
            let line = ProcessFile.text(pid, "cgroup")?.split(separator: "\n").first { $0.hasPrefix("0::") }
            let parts = line?.split(separator: "/") ?? []
            guard let first = parts.firstIndex(where: { $0.hasPrefix("ns-helper-") }) else { return nil }
            return "/" + parts[first...].joined(separator: "/")
        }

        /// Enters it, and a cgroup namespace of which it is the root.
        var wrapper: [String] {
            ["sh", "-c", "echo $$ > \(path)/cgroup.procs; exec unshare --cgroup -- \"$@\"", "sh"]
        }
    }

    private func with(_ body: (Pair, Container) async throws -> Void) async throws {
        let container = try Container()
        var options = PairOptions.helperOnly
        options.wrapper = container.wrapper
        options.settings = ["cgroups": "required", "user-processes": "300"]
        try await PairFixture.with(options) { try await body($0, container) }
        // The helper's own goes with the container.
        let left = container.groups.filter { !$0.hasSuffix("-control") }
        #expect(left == [])
    }

    @Test func `everybody is in the group of their namespace, and the helper in the control plane's`() async throws {
        try await with { pair, container in
            let prefix = "/ns-helper-\(pair.helper.pid)-"
            #expect(container.group(of: pair.helper.pid) == prefix + "control")
            for (namespace, group) in [(SandboxNamespace.user, "user/"), (.secure, "secure/")] {
                let command = try await pair.startShell(
                    "setsid sleep 1000 & echo up; exec sleep 1000",
                    in: namespace,
                    until: "up"
                )
                let uid = namespace == .user ? pair.ids.user : pair.ids.secure
                let found = Set(ProcessFile.processes(of: [uid]).map { container.group(of: $0) })
                #expect(found.count == 1 && found.first??.hasPrefix(prefix + group) == true, "\(found)")
                #expect(pair.inits[namespace].flatMap { container.group(of: $0) } == found.first)
                try await command.process.terminate(grace: .zero)
                _ = try await command.process.exitStatus
            }
            #expect(pair.hello.controlGroupProblem == nil)
        }
    }

    @Test func `a reset stops everything at once, and its group goes when the last of it is gone`() async throws {
        try await with { pair, container in
            let bomb = "import os\nwhile True:\n try: os.fork()\n except OSError: os.write(1, b'full')"
            let wild = try await pair.start(["python3", "-c", bomb])
            let isFull = try await wild.output.wait(for: "full")
            #expect(isFull)
            let old = try #require(pair.inits[.user])
            let group = try #require(container.group(of: old))
            let oldInit = try ProcessWatch(old)
            let generation = try await pair.client.reset(.user)
            #expect(generation == 2)
            // Its exit event came first.
            let status = try await wild.process.exitStatus
            #expect(status.cause == .signaled(UInt8(SIGKILL)))
            let new = try #require(pair.inits[.user].flatMap { container.group(of: $0) })
            #expect(new != group)
            let secure = try await pair.shell("echo secure", in: .secure)
            #expect(secure.text == "secure")
            try await oldInit.end()
            while access(container.path + group, F_OK) == 0 {
                // Answered after whatever the helper has to do with the end.
                _ = try await pair.client.status()
            }
            let user = try await pair.shell("echo user")
            #expect(user.text == "user")
        }
    }

    @Test func `many resets leave one group a namespace`() async throws {
        try await with { pair, container in
            for generation in UInt32(2)...20 {
                for namespace in [SandboxNamespace.user, .secure] {
                    let command = try await pair.startShell("echo up; exec sleep 1000", in: namespace, until: "up")
                    let reached = try await pair.client.reset(namespace)
                    #expect(reached == generation)
                    let status = try await command.process.exitStatus
                    #expect(status.cause == .signaled(UInt8(SIGKILL)))
                }
            }
            for namespace in ["user", "secure"] {
                let path = "\(container.path)/ns-helper-\(pair.helper.pid)-\(namespace)"
                while Container.directories(path).count > 1 { _ = try await pair.client.status() }
            }
        }
    }

    @Test func `where they are demanded and cannot be had the pair does not start`() async throws {
        var options = PairOptions.helperOnly
        options.settings = ["cgroups": "required"]
        // A kernel, or a container's profile, that does not let the file system be mounted.
        options.wrapper = [
            "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsopen", "-e", "inject=fsopen:error=ENOSYS",
        ]
        let (end, _, log) = try await PairFixture.runToEnd(options)
        #expect(end == .exited(78), "\(log)")
        #expect(log.contains("cgroups: no cgroups of the pair's own"))
    }
}
