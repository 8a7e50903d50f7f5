"""E. Credentials: what user code plants, and what the server says about them."""
import json

from pair import refuse
from rows import attack, elsewhere

CELL_MOUNTS = "file systems of its own for each cell"
PROTECTIVE = "protective settings in the cell's environment"


@attack("E6", "gcore of a process in a cell", "not permitted", "no ptrace in cells (seccomp)", guarantee="G4",
        needs=["gdb"], controls=["call:ptrace"])
def dump_core(pair):
    result = pair.secure("sleep 30 & cd /tmp; timeout 20 gcore -o core $! 2>&1; grep -c s3cr3t- /tmp/core.*; kill %1", env={"CANARY": pair.canary()})
    refuse("Saved corefile" in result.out, "a core file was written")
    return " ".join(line for line in result.lines if "ptrace" in line or "permitted" in line)[:200] or "no core file"


HOOKS = {
    ".bashrc": "touch MARK", ".bash_profile": "touch MARK", ".profile": "touch MARK", ".inputrc": "$include /dev/null", ".curlrc": "--dump-header MARK\n--proxy http://127.0.0.1:1",
    ".gitconfig": "[core]\n\tsshCommand = touch MARK;\n\tfsmonitor = touch MARK;\n\tpager = touch MARK;\n[credential]\n\thelper = !touch MARK;\n[alias]\n\tstatus = !touch MARK",
    ".netrc": "machine localhost login evil password evil", ".pgpass": "*:*:*:*:evil", ".psqlrc": "\\! touch MARK", ".npmrc": "registry=http://127.0.0.1:1/",
    ".aws/config": "[default]\ncredential_process = touch MARK", ".config/pip/pip.conf": "[global]\nindex-url = http://127.0.0.1:1/", ".kube/config": "MARK", ".docker/config.json": '{"credsStore": "evil"}',
    ".wgetrc": "http_proxy = 127.0.0.1:1", ".config/git/config": "[core]\n\tfsmonitor = touch MARK;",
    ".local/lib/python3.11/site-packages/usercustomize.py": "open('MARK', 'w')", ".local/lib/python3.11/site-packages/a.pth": "import os; os.system('touch MARK')",
}
USE = """
bash -lc true; bash -ic true; python3 -c '' ; git -C /tmp init -q r && git -C /tmp/r status; git config --global -l; curl -s -m 2 http://127.0.0.1:1/
command -v psql >/dev/null && psql -c 'select 1' -h 127.0.0.1 -p 1; command -v aws >/dev/null && timeout 5 aws sts get-caller-identity
ls -A ~; true
"""


@attack("E7",
        "plant .bashrc, .gitconfig, .aws/config, .psqlrc, usercustomize.py and a dozen more, then use the programs in a cell",
        "none is read", CELL_MOUNTS + "; HOME is set by the helper", guarantee="G4", controls=["cell-mounts"])
def plant_home(pair):
    mark = f"{pair.scratch}/hook"
    plant = "\n".join(f"mkdir -p ~/$(dirname '{name}')\ncat > ~/'{name}' <<'EOF'\n{text.replace('MARK', mark)}\nEOF" for name, text in HOOKS.items())
    remove = "cd; rm -rf " + " ".join(sorted({name.split('/')[0] for name in HOOKS} - {".config", ".local"})) + f" .config/git .config/pip .local/lib/python3.11; rm -f {mark}"
    try:
        # By user in its own home, and by an earlier cell in what the next one might get.
        pair.user(plant)
        pair.secure(plant)
        result = pair.secure(USE, env={"CANARY": pair.canary()}, timeout=60)
        refuse(pair.user(f"ls {mark}*").code == 0, "a planted hook has run")
        left = [name for name in HOOKS if name.split("/")[0] in result.lines]
        refuse(left, f"in the cell's home: {left}")
    finally:
        pair.user(remove)
        pair.secure(remove)
    return f"{len(HOOKS)} files planted, none in the cell's home, no hook has run"


@attack("E8", "write /etc/ld.so.preload, profile.d, /usr/local/bin/aws, sitecustomize.py", "denied",
        "the image's files are root's; read-only in cells", guarantee="G4", no_control="file modes",
        test="MountTests/the image's tree cannot be changed")
def write_system(pair):
    paths = "/etc/ld.so.preload /etc/profile.d/x.sh /usr/local/bin/aws /usr/lib/python3/dist-packages/sitecustomize.py /etc/environment /usr/bin/x /etc/ld.so.conf.d/x.conf /opt/x /x"
    for place in ("user", "secure"):
        result = pair.run(f"for f in {paths}; do (: >> $f) 2>/dev/null && echo $f; done; true", place)
        refuse(result.out, f"{place} wrote {result.lines}")
    return f"{len(paths.split())} places, all refused in both namespaces"


@attack("E9", "put aws, psql and ls into the workspace's bin and into every directory of a cell's PATH",
        "not possible, not used", "a fixed PATH of root's directories, never '.'", guarantee="G4",
        no_control="file modes; the PATH is a constant",
        test="BaseEnvironmentTests/theSearchPathHasAbsoluteDirectoriesOnly")
def plant_programs(pair):
    pair.user(f"mkdir -p {pair.scratch}/bin; for n in aws psql ls; do printf '#!/bin/sh\\ntouch {pair.scratch}/used\\n' > {pair.scratch}/bin/$n; chmod 755 {pair.scratch}/bin/$n; done")
    path = pair.secure('echo "$PATH"').out
    result = pair.user(f"IFS=:; for d in {path}; do [ -w \"$d\" ] && echo \"$d\"; case $d in /*) ;; *) echo \"relative: $d\";; esac; done; true")
    refuse(result.out, f"of {path}: {result.lines}")
    pair.secure("ls >/dev/null", cwd=f"{pair.scratch}/bin", env={"CANARY": pair.canary()})
    refuse(pair.user(f"[ -e {pair.scratch}/used ]").code == 0, "the planted ls has run")
    return f"{path}: none can be written"


@attack("E10", "a planted json.py in the cell's working directory", "not imported", PROTECTIVE + " (PYTHONSAFEPATH)",
        guarantee="G4", needs=["python3"], controls=["protective-environment"])
def plant_module(pair):
    pair.write(f"{pair.scratch}/m/json.py", f"open('{pair.scratch}/imported', 'w')")
    result = pair.secure("/usr/bin/python3 -c 'import json'", cwd=f"{pair.scratch}/m", env={"CANARY": pair.canary()})
    refuse(pair.user(f"[ -e {pair.scratch}/imported ]").code == 0, "the planted module was imported")
    return f"python3 exits with {result.code}, the module was not imported"


@attack("E11", "a repository whose core.fsmonitor and hooks print the environment, and git status there",
        "neither runs", PROTECTIVE + " (GIT_CONFIG_*)", guarantee="G4", needs=["git"],
        controls=["protective-environment"])
def poison_repository(pair):
    mark = f"{pair.scratch}/git-ran"
    pair.user(f"""git init -q {pair.scratch}/r && cd {pair.scratch}/r && git config core.fsmonitor 'touch {mark};' &&
        printf '#!/bin/sh\\ntouch {mark}\\n' | tee .git/hooks/post-checkout .git/hooks/pre-commit .git/hooks/post-index-change >/dev/null && chmod 755 .git/hooks/*""")
    result = pair.secure("git status; git -c user.name=a -c user.email=a@b commit -q --allow-empty -m a; git checkout -q -b b",
                         cwd=f"{pair.scratch}/r", env={"CANARY": pair.canary()})
    refuse(pair.user(f"[ -e {mark} ]").code == 0, "the repository's command has run with the credential")
    return f"git exits with {result.code}; {(result.errors.splitlines() or ['no command of the repository has run'])[0]}"


@attack("E12", "git status and git diff in a repository whose filters and diff drivers are planted; a planted Makefile",
        "they run: the caller's choice", "documented: README, what it does not protect against; Docs/Guides/Credentials.md", guarantee="G4",
        needs=["git"], accepted=True)
def run_project(pair):
    work = f"{pair.scratch}/e12"
    pair.user(f"""git init -q {work} && cd {work} && echo '* filter=planted diff=planted' > .gitattributes && echo a > file &&
        git add . && git -c user.name=a -c user.email=a@b commit -qm a && sleep 1 && echo b > file &&
        git config filter.planted.clean 'touch {work}.filter; cat' && git config diff.planted.command 'touch {work}.driver;'
        printf 'all:\\n\\ttouch {work}.make\\n' > Makefile""")
    pair.secure("git status; git diff; make", cwd=work, env={"CANARY": pair.canary()})
    ran = pair.user(f"cd {pair.scratch} && ls -d e12.* 2>/dev/null | cut -d. -f2").lines
    return f"with the credential ran: {', '.join(ran) or 'nothing'}. Use git with credentials in clones that a cell has made"


DANGEROUS = ("BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS", "PS4", "LD_", "PYTHONPATH", "PYTHONSTARTUP", "NODE_OPTIONS", "PERL5", "RUBYOPT", "BASH_FUNC_", "SANDBOX_", "LISTEN_")


@attack("E13", "start-up variables of the server or the container: BASH_ENV, LD_PRELOAD, NODE_OPTIONS, SANDBOX_…",
        "none reaches a command", "environments are built from nothing", guarantee="G3",
        controls=["empty-environment"])
def inherited_environment(pair):
    for place in ("user", "secure"):
        names = pair.run("tr '\\0' '\\n' < /proc/$$/environ | cut -d= -f1", place).lines
        bad = [name for name in names if name.startswith(DANGEROUS) and name != "SANDBOX_PROCESS_ID"]
        refuse(bad, f"{place}: {bad}")
    return f"{len(names)} variables in a cell: {' '.join(sorted(name for name in names if not name.startswith('GIT_CONFIG')))}"


elsewhere("E14", "search the logs of server and helper for the value", "names of variables alone",
          "values are bytes with an owner, and no description of theirs has them",
          "CredentialTests/credentials are isolated when env is given", "G4",
          no_control="the test finds the name in the same log")


@attack("E15", "missing program, bad directory, time limit, oversized variable, broken JSON: read the errors",
        "nothing of the request's values", "fixed texts", guarantee="G4", no_control="there is nothing to switch",
        test="CredentialTests/no error tells a value")
def errors(pair):
    canary = pair.canary()
    env = {"CANARY": canary}
    requests = [pair.request("/nowhere/program", "secure", env), pair.request("true", "secure", env, cwd="/nowhere"), pair.request("sleep 9", "secure", env, timeout=0.2),
                pair.request("true", "secure", {"CANARY": canary + "x" * 200_000}), pair.request("true", "user", env), pair.request("true", "secure", {"A B": canary}),
                pair.request("true", "secure", {"CANARY": [canary]}), pair.request("true", canary, env), {"command": [canary]}, [canary]]
    answers = [pair.call("POST", "/api/execute", request) for request in requests]
    refuse([answer.status for answer in answers if canary in answer.body], "an answer shows the value")
    return f"{len(answers)} answers, statuses {sorted({answer.status for answer in answers})}"


@attack("E16", "list and read processes and sessions that were started with a credential", "no variable is returned",
        "env is only ever written", guarantee="G4", no_control="no answer has a field for it")
def read_back(pair):
    canary = pair.canary()
    started = json.loads(pair.call("POST", "/api/process/start", {"command": "sleep 20", "env": {"CANARY": canary}}).body)
    pair.call("POST", "/api/session/create", {"id": "attack-e16", "env": {"CANARY": canary}})
    try:
        paths = ("/api/process/list", f"/api/process/{started['processId']}", f"/api/process/{started['processId']}/logs", "/api/session/list", "/health", "/api/commands")
        seen = [path for path in paths if canary in pair.call("GET", path).body]
    finally:
        pair.call("DELETE", f"/api/process/{started['processId']}")
        pair.call("POST", "/api/session/delete", {"sessionId": "attack-e16"})
    refuse(seen, f"in {seen}")
    return f"{len(paths)} answers without it"


@attack("E17", "user connects to a port that a cell's command opens on loopback", "possible",
        "the network is shared: documented", guarantee="G4", needs=["python3"], accepted=True)
def cells_port(pair):
    listen = pair.script(f"""
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(); s.settimeout(20)
print(s.getsockname()[1], file=open("{pair.scratch}/e17", "w"), flush=True)
s.accept()[0].send(b"hello")""").removeprefix("exec ")
    with pair.running(f"{{ {listen} & }}; while ! [ -s {pair.scratch}/e17 ]; do sleep 0.02; done", "secure"):
        heard = pair.python(f"tell(socket.create_connection(('127.0.0.1', int(open('{pair.scratch}/e17').read())), 5).recv(9).decode())")
    return f"reachable ({heard}): a program in a cell that listens must authenticate its callers"


@attack("E18", "a cell's command writes to a named pipe that user reads", "possible where the command does it",
        "by consent", guarantee="G4", accepted=True)
def cells_pipe(pair):
    pair.user(f"mkfifo -m 666 {pair.scratch}/e18")
    with pair.running(f"{{ timeout 20 sh -c 'echo hello > {pair.scratch}/e18' & }}", "secure"):
        heard = pair.user(f"timeout 5 cat {pair.scratch}/e18").out
    return f"user read: {heard or 'nothing'}; what a command writes to the workspace is the workspace's"


@attack("E19", "keep a value in the kernel's keyrings", "ENOSYS", "seccomp; another uid", guarantee="G4",
        needs=["python3"], controls=["call:add_key"])
def keyring(pair):
    answers = {place: pair.python("tell([sc('add_key', b'user', b'attack', b'value', 5, -4), sc('keyctl', 0, -4, 1), sc('request_key', b'user', b'attack', 0, 0)])", place)
               for place in ("user", "secure")}
    refuse(any(isinstance(answer, int) for pair_ in answers.values() for answer in pair_), f"{answers}")
    return f"{answers['secure']}"


@attack("E22", "signal through locks and leases on shared files", "possible where the command does it",
        "by consent; no secret by itself", guarantee="G4", accepted=True)
def locks(pair):
    return "not tried: it takes two that agree"


@attack("E32",
        "search for the container's own secrets: environment, /run, service-account tokens, docker.sock, what the operator hid",
        "nothing", "covered: /run, known secret mounts, hidden-paths", guarantee="G4",
        controls=["private-run", "hidden-paths"])
def containers_secrets(pair):
    hidden = pair.secret_path
    # The environment file beside the configuration is no secret: every command starts with what it holds.
    look = f"cat {hidden} {hidden}/* | head -c 200; ls -A {hidden}" if hidden else "cat /etc/sandbox/*.conf | head -c 200"
    for place in ("user", "secure"):
        result = pair.run(f"""find /run /var/run/ /run/secrets /var/run/secrets -mindepth 1 2>/dev/null | grep -vE '^(/var)?/run/(user|lock|shm)' | head -n 5
            ls -l /var/run/docker.sock /run/docker.sock /run/containerd 2>/dev/null; {{ {look}; }} 2>/dev/null""", place)
        refuse(result.out, f"{place}: {result.lines[:5]}")
    return f"nothing in /run, no token, no docker.sock, nothing at {hidden or 'the configuration'}"
