import AgentProtocol
import SandboxAPI
import Testing

@testable import SandboxServer

@Suite struct WatchPureTests {
    @Test(arguments: [
        ("*.ts", "a.ts", true), ("*.ts", "src/deep/a.ts", true), ("*.ts", "a.tsx", false), ("?.c", "a.c", true),
        ("?.c", "ab.c", false), (".git", ".git/config", true), (".git", "x/.git/config", true),
        (".git", ".gitignore", false),
        ("src/*.ts", "src/a.ts", true), ("src/*.ts", "src/x/a.ts", false), ("src/**", "src/x/a.ts", true),
        ("**/a.ts", "a.ts", true), ("**/a.ts", "x/y/a.ts", true), ("**/a.ts", "xa.ts", false),
        ("src/**/a.ts", "src/a.ts", true),
        ("src/**/a.ts", "src/x/y/a.ts", true), ("src/**/a.ts", "src/xa.ts", false), ("build/", "build/out", true),
        ("build/", "rebuild/out", false), ("/src", "src/a", true), ("a*b*c", "axxbxxc", true),
        ("[a]", "a", false),
        ("ä?", "äö", true), ("**", "x/y", true), ("a.c", "abc", false),
    ])
    func `globs match what they say`(_ pattern: String, _ path: String, _ isMatch: Bool) {
        #expect(Glob(pattern).matches(path) == isMatch)
    }

    @Test func `a hostile glob takes no more than its share of time`() {
        let pattern = String(repeating: "*a", count: 100) + "b"
        #expect(!Glob(pattern).matches(String(repeating: "a", count: 2000)))
    }

    @Test func `filters decide by kind and relative path`() throws {
        func reports(_ request: WatchRequest, _ kind: FileChange.Kind, _ path: String) throws -> Bool {
            let filter = WatchFilter(try WatchKey(request, path: Array("/w".utf8)))
            return filter.report(FileChange(kind: kind, path: Array(path.utf8), isDirectory: false)) != nil
        }
        let plain = WatchRequest(path: "/w")
        #expect(try reports(plain, .create, "/w/a") && !reports(plain, .attributes, "/w/a"))
        #expect(try !reports(plain, .create, "/w/node_modules/x") && reports(plain, .delete, "/w"))
        let included = WatchRequest(path: "/w", include: ["*.ts"], events: [.create])
        #expect(try reports(included, .create, "/w/x/a.ts") && !reports(included, .create, "/w/a.js"))
        #expect(try !reports(included, .modify, "/w/a.ts") && reports(included, .create, "/w/node_modules/a.ts"))
        #expect(throws: APIError.self) {
            try WatchKey(WatchRequest(path: "/", include: ["a"], exclude: ["b"]), path: [])
        }
    }

    @Test func `equal changes are merged, and too many are only counted as lost`() {
        var pending = PendingChanges()
        let change = WatchedChange(kind: .modify, path: "/a", isDirectory: false)
        for _ in 0..<5000 { pending.add(change) }
        let merged = pending.take()
        #expect(merged.changes == [change] && !merged.hasDropped && pending.isEmpty)
        for number in 0...PendingChanges.limit {
            pending.add(WatchedChange(kind: .create, path: "/\(number)", isDirectory: false))
        }
        let many = pending.take()
        #expect(many.changes.count == PendingChanges.limit && many.hasDropped)
    }

    @Test(arguments: [
        "", "watch-1-2", "watch-1-2:", "watch--2:0", "watch-1-2:-1", "watch-1-2:0:0", "x-1-2:0",
        "watch-1-2:99999999999999999999",
    ])
    func `versions of another form are none`(_ text: String) {
        #expect(WatchVersion(text) == nil)
    }

    @Test func `versions tell what happened since`() throws {
        let now = WatchVersion(number: 2, milliseconds: 2000, cursor: 5)
        func since(_ text: String) throws -> String {
            let version = try #require(WatchVersion(text))
            guard let (status, reason) = now.changes(since: version, started: 1000, last: 3) else { return "refused" }
            return status.rawValue + (reason.map { " " + $0.rawValue } ?? "")
        }
        #expect(try since("watch-2-2000:5") == "unchanged" && since("watch-2-2000:4") == "changed")
        #expect(try since("watch-2-2000:6") == "refused" && since("watch-1-1500:9") == "resync expired")
        #expect(try since("watch-9-999:9") == "resync restarted" && since("watch-4-1500:0") == "refused")
    }
}
