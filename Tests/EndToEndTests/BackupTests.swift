import HelperClient
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxTestSupport
import Testing

/// Archives of directories, made and restored as the user.
@Suite(.timeLimit(.minutes(20)))
struct BackupTests {
    /// A pair whose archives lie where its user may write.
    private func with(_ test: (Pair) async throws -> Void) async throws {
        try await PairFixture.with(PairOptions(settings: ["server-backup-directory": "/var/tmp/archives"]), test)
    }

    @Test func `a directory comes back as it was archived, and what came later is gone`() async throws {
        try await with { pair in
            let api = pair.api
            _ = try await api.execute(
                "mkdir -p d/sub; echo one > d/a; echo two > d/sub/b; ln -s a d/link; chmod 750 d/sub"
            )
            let archive = "/var/tmp/archives/deep/x.sqsh"
            let dir = pair.workspace + "/d"
            let made: BackupCreateAnswer = try await api.success(
                "/api/backup/create",
                #"{"dir":"\#(dir)","archivePath":"\#(archive)","gitignore":false,"excludes":[]}"#
            )
            #expect(made.archivePath == archive && made.sizeBytes > 0)
            #expect(
                try await api.output("head -c 4 \(archive); stat -c ' %u %a' \(archive)") == "hsqs \(pair.ids.user) 640"
            )
            _ = try await api.execute("echo changed > d/a; rm d/sub/b; echo later > d/.hidden")
            let restored: BackupRestoreAnswer = try await api.success(
                "/api/backup/restore",
                #"{"dir":"\#(dir)","archivePath":"\#(archive)"}"#
            )
            #expect(restored.dir == dir)
            let look = "cat d/a d/sub/b d/link; stat -c %a d/sub; ls -A d | sort | tr '\\n' ' '"
            #expect(try await api.output(look) == "one\ntwo\none\n750\na link sub ")
        }
    }

    @Test(arguments: ["gzip", "lz4", "zstd"])
    func `excludes and what git ignores are left out, with every compression`(_ format: String) async throws {
        try await with { pair in
            let api = pair.api
            _ = try await api.execute(
                "mkdir -p d/node_modules/x d/src; touch d/keep d/src/a.log d/src/b d/node_modules/x/y 'd/odd[1]'; "
                    + "cd d; git init -q .; echo 'odd*' > .gitignore"
            )
            let _: BackupCreateAnswer = try await api.success(
                "/api/backup/create",
                #"{"dir":"\#(pair.workspace)/d","archivePath":"/var/tmp/archives/x","gitignore":true,"#
                    + #""excludes":["**/node_modules","*.log"],"compression":{"format":"\#(format)","threads":1}}"#
            )
            let list = try await api.output("unsquashfs -l -d '' /var/tmp/archives/x | grep -v .git/ | sort")
            #expect(list.contains("/keep") && list.contains("/src/b"))
            #expect(!list.contains("node_modules") && !list.contains("a.log") && !list.contains("odd"), "\(list)")
        }
    }

    @Test(arguments: [
        (["sub/deep"], "sub/deep"),
        (["/b1", "./b2/"], "b1 b2 o/b2"),
        (["b1"], "b1 o/.h/b1 o/b1 sub/b1"),
        (["su?/*"], "sub/b1 sub/deep sub/g"),
        (["**/sub/deep/**"], "o/sub/deep sub/deep"),
        (["o/**/b[!2]", "**/g"], "o/.h/b1 o/b1 o/sub/g sub/g"),
        (["o/**/?1"], "o/.h/b1 o/b1"),
    ])
    func `a pattern leaves out what it names and nothing more`(_ excludes: [String], _ expected: String) async throws {
        try await with { pair in
            let api = pair.api
            _ = try await api.execute(
                "mkdir -p d/sub/deep d/o/sub/deep d/o/.h; cd d; touch b1 b2 sub/g sub/b1 o/b1 o/b2 o/.h/b1 o/sub/g"
            )
            let list = excludes.map { "\"\($0)\"" }.joined(separator: ",")
            let _: BackupCreateAnswer = try await api.success(
                "/api/backup/create",
                #"{"dir":"\#(pair.workspace)/d","archivePath":"/var/tmp/archives/x","excludes":[\#(list)]}"#
            )
            let missing = """
                unsquashfs -n -d /tmp/new /var/tmp/archives/x >/dev/null
                cd \(pair.workspace)/d; find . | while read -r f; do test -e "/tmp/new/$f" || echo "${f#./}"; done | LC_ALL=C sort | tr '\\n' ' '
                """
            #expect(try await api.output(missing) == expected + " ")
        }
    }

    @Test func `a link to a directory stands for the directory, when it is archived and when it is restored`()
        async throws
    {
        try await with { pair in
            let api = pair.api
            _ = try await api.execute("mkdir d; echo one > d/a; ln -s d link; ln -s /etc out; ln -s /etc/ssl d/deeper")
            let archive = #""archivePath":"/var/tmp/archives/x""#
            for name in ["out", "d/deeper/certs"] {
                for action in ["create", "restore"] {
                    let answer = try await api.post(
                        "/api/backup/\(action)",
                        json: #"{"dir":"\#(pair.workspace)/\#(name)",\#(archive)}"#
                    )
                    #expect(answer.status == (action == "create" ? 400 : 404), "\(answer.text)")
                }
            }
            let body = #"{"dir":"\#(pair.workspace)/link",\#(archive)}"#
            let _: BackupCreateAnswer = try await api.success("/api/backup/create", body)
            let outside = try await api.post(
                "/api/backup/restore",
                json: #"{"dir":"\#(pair.workspace)/out/x",\#(archive)}"#
            )
            #expect(outside.status == 400)
            _ = try await api.execute("echo two > d/a; echo later > d/b")
            let _: BackupRestoreAnswer = try await api.success("/api/backup/restore", body)
            #expect(try await api.output("cat d/a; ls d | tr '\\n' ' '; readlink link") == "one\na deeper d")
        }
    }

    @Test(arguments: [
        (#"{"dir":"/etc","archivePath":"/var/tmp/archives/x"}"#, 400, "INVALID_BACKUP_CONFIG"),
        (#"{"dir":"/workspace/../etc","archivePath":"/var/tmp/archives/x"}"#, 400, "INVALID_BACKUP_CONFIG"),
        (#"{"dir":"/tmp","archivePath":"/etc/x"}"#, 400, "INVALID_BACKUP_CONFIG"),
        (#"{"dir":"/tmp","archivePath":"/var/tmp/archives/../x"}"#, 400, "INVALID_BACKUP_CONFIG"),
        (
            #"{"dir":"/tmp","archivePath":"/var/tmp/archives/x","compression":{"format":"xz"}}"#, 400,
            "INVALID_BACKUP_CONFIG"
        ),
        (#"{"dir":"/tmp/none","archivePath":"/var/tmp/archives/x"}"#, 500, "BACKUP_CREATE_FAILED"),
        (#"{"dir":5}"#, 400, "VALIDATION_FAILED"),
        (#"{"dir":"/tmp/none","archivePath":"/var/tmp/archives/x","sessionId":" \n"}"#, 400, "VALIDATION_FAILED"),
    ])
    func `what may not be archived is refused`(_ body: String, _ status: Int, _ code: String) async throws {
        try await with { pair in
            let answer = try await pair.api.post("/api/backup/create", json: body)
            #expect(answer.status == status)
            #expect(try answer.failure.code == code)
        }
    }

    @Test func `a broken archive restores nothing and destroys nothing`() async throws {
        try await with { pair in
            let api = pair.api
            _ = try await api.execute(
                "mkdir -p d /var/tmp/archives; echo kept > d/a; echo junk > /var/tmp/archives/bad"
            )
            let dir = pair.workspace + "/d"
            for (archive, code) in [("bad", "BACKUP_RESTORE_FAILED"), ("missing", "BACKUP_NOT_FOUND")] {
                let answer = try await api.post(
                    "/api/backup/restore",
                    json: #"{"dir":"\#(dir)","archivePath":"/var/tmp/archives/\#(archive)"}"#
                )
                #expect(try answer.failure.code == code)
                #expect(try await api.output("cat d/a; ls -A d") == "kept\na")
            }
        }
    }

    @Test func `a directory whose name looks like a pattern is restored too`() async throws {
        try await with { pair in
            let dir = pair.workspace + "/a[b]*'"
            _ = try await pair.api.execute("mkdir \"a[b]*'\"; echo kept > \"a[b]*'/f\"")
            let body = #"{"dir":"\#(dir)","archivePath":"/var/tmp/archives/x"}"#
            let _: BackupCreateAnswer = try await pair.api.success("/api/backup/create", body)
            let _: BackupRestoreAnswer = try await pair.api.success("/api/backup/restore", body)
            #expect(try await pair.api.output("cat \"a[b]*'/f\"; ls -A \"a[b]*'\"") == "kept\nf")
        }
    }

    @Test func `an upload's address is a secret and must be https`() async throws {
        try await with { pair in
            let api = pair.api
            _ = try await api.execute("mkdir -p /var/tmp/archives; echo content > /var/tmp/archives/x")
            for address in ["http://localhost/secret-1", "https://a b/secret-1", "file:///secret-1"] {
                let answer = try await api.post(
                    "/api/backup/upload-parts",
                    json:
                        #"{"archivePath":"/var/tmp/archives/x","parts":[{"partNumber":1,"url":"\#(address)","offset":0,"size":3}]}"#
                )
                #expect(answer.status == 400 && !answer.text.contains("secret-1"))
            }
        }
    }
}
