import SandboxTestSupport
import Testing

/// What sandboxctl shows of names that user code has chosen.
@Suite(.timeLimit(.minutes(20)))
struct ControlNamesTests {
    /// Names and messages come from user code; a terminal obeys what is in them.
    @Test func `names and messages from the sandbox are shown without their control characters`() async throws {
        try await PairFixture.with { pair in
            let result = try await ControlTool(pair: pair).shell(
                """
                name=$'x\\e]0;owned\\ay\\xc2\\x9bz\\xe2\\x80\\xae'
                sandboxctl exec "mkdir /tmp/e; ln -s nowhere '/tmp/e/$name'; mkdir '$name'"
                sandboxctl cp :/tmp/e out
                sandboxctl ls /tmp/e
                sandboxctl ls --json /tmp/e
                sandboxctl ls --json /tmp/e | python3 -c 'import json, sys; print(ascii(json.load(sys.stdin)[0]["name"]))'
                sandboxctl cat "/tmp/e/$name/none"
                sandboxctl cat "/tmp/e/$name"
                sandboxctl port expose 8472 --name "$name" >port
                sandboxctl port
                sandboxctl exec --detach --id p "sleep 100; : '$name'"
                sandboxctl ps
                sandboxctl ps --json
                sandboxctl ps --tree
                sandboxctl kill p
                sandboxctl session create "$name"
                sandboxctl session list
                sandboxctl logs "$name"
                true
                """
            )
            let shown = result.output + result.errors
            let control = shown.unicodeScalars.filter {
                $0 != "\n" && [.control, .format].contains($0.properties.generalCategory)
            }
            #expect(result.output.contains(#"'x\x1b]0;owned\x07y\x9bz\u202e'"#), "JSON means the same")
            #expect(control.isEmpty, "\(shown.debugDescription)")
            let count = Array(shown.utf8).occurrences(of: #"x\x1b]0;owned\x07y\x9bz\u{202e}"#)
            #expect(count >= 4, "\(shown.debugDescription)")
        }
    }
}
