import Glibc
import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

/// The directory that user and cells share.
@Suite(.timeLimit(.minutes(20)))
struct WorkspaceTests {
    private static let idmapped = PairOptions(server: .standIn, workspaceFileSystem: "tmpfs")

    @Test func `files written in a cell belong to the user on disk`() async throws {
        try await PairFixture.with(Self.idmapped) { pair in
            #expect(pair.hello.workspaceSharing == .idmapped)
            let written = try await pair.shell(
                "echo s >file && mkdir d && touch d/inner && stat -c %u file",
                in: .secure
            )
            #expect(written.text == "\(pair.ids.secure)")
            for name in ["file", "d", "d/inner"] {
                var status = stat()
                try #require(lstat(pair.workspace + "/" + name, &status) == 0)
                #expect(status.st_uid == pair.ids.user, "\(name)")
                #expect(status.st_gid == pair.ids.workspaceGroup, "\(name)")
            }
            let used = try await pair.shell("cat file && echo u >>file && rm -r d && stat -c '%u %a' file")
            #expect(used.lines == ["s", "\(pair.ids.user) 600"])
        }
    }

    @Test func `a cell writes into the user's closed directories`() async throws {
        try await PairFixture.with(Self.idmapped) { pair in
            let made = try await pair.shell(
                "mkdir -m 755 open && mkdir -m 700 closed && echo u >closed/f && chmod 600 closed/f"
            )
            #expect(made.code == 0)
            let used = try await pair.shell(
                "echo s >open/new && echo s >>closed/f && stat -c %u closed && cat closed/f",
                in: .secure
            )
            #expect(used.lines == ["\(pair.ids.secure)", "u", "s"], "\(used.errorText)")
        }
    }

    @Test func `a cell's setuid bit and devices mean nothing in user`() async throws {
        try await PairFixture.with(Self.idmapped) { pair in
            _ = try pair.installStateProbe()
            let made = try await pair.shell("cp state-probe x && chmod 6755 x", in: .secure)
            #expect(made.code == 0)
            let state = try StateRecord(try await pair.run([pair.workspace + "/x"]).output)
            #expect(state.isHarmless(uid: pair.ids.user))
        }
    }

    @Test func `root's files stay root's`() async throws {
        try await PairFixture.with(Self.idmapped) { pair in
            try FileBytes.write("root", to: pair.workspace + "/root-file", mode: 0o644)
            for namespace in [SandboxNamespace.user, .secure] {
                let result = try await pair.shell("cat root-file; echo x >>root-file", in: namespace)
                #expect(result.text == "root")
                #expect(result.code != 0)
            }
        }
    }

    @Test func `where idmapped mounts are refused a common group shares it`() async throws {
        // ramfs cannot be idmapped; it stands for overlayfs and network file systems.
        try await PairFixture.with(PairOptions(server: .standIn, workspaceFileSystem: "ramfs")) { pair in
            #expect(pair.hello.workspaceSharing == .group)
            #expect(pair.helper.errors.text.contains("refuses idmapped mounts"))
            let written = try await pair.shell(
                "umask; echo s >file && mkdir d && stat -c '%u %g %a' file d",
                in: .secure
            )
            #expect(
                written.lines == [
                    "0002", "\(pair.ids.secure) \(pair.ids.workspaceGroup) 664",
                    "\(pair.ids.secure) \(pair.ids.workspaceGroup) 2775",
                ]
            )
            let used = try await pair.shell(
                "umask; echo u >>file && touch d/inner && rm -r d && cat file && echo u >mine"
            )
            #expect(used.lines == ["0002", "s", "u"], "\(used.errorText)")
            let back = try await pair.shell("echo s >>mine && cat mine", in: .secure)
            #expect(back.lines == ["u", "s"])
        }
    }

    @Test func `a workspace that is missing makes namespaces unavailable`() async throws {
        var options = PairOptions.helperOnly
        options.workspace = "/var/lib/sandbox-tests/no-such-workspace"
        try await PairFixture.with(options) { pair in
            #expect(pair.hello.mode == nil)
            #expect(pair.hello.probeFailure?.stage == .workspace)
            #expect(pair.hello.probeFailure?.remedy.contains("workspace") == true)
            _ = try await pair.client.status()
        }
    }
}
