"""A. Seeing, killing and tracing the control plane. The functions take where they attack from: A13 runs them in a cell."""
import concurrent.futures, json

from pair import refuse
from rows import attack

OF_CONTROL = ("sandbox-server", "ns-helper", "jupyter-server", "jupyter_server", "ns-init control")


@attack("A1", "list all processes", "only the caller's namespace: no server, no helper, no Jupyter",
        "PID namespace, fresh /proc", guarantee="G1", controls=["pid-namespace"])
def list_processes(pair, place="user"):
    listing = pair.run("for p in /proc/[0-9]*; do echo ${p#/proc/} $(cat $p/comm; tr '\\0' ' ' < $p/cmdline); done", place)
    seen = [line for line in listing.lines if any(name in line for name in OF_CONTROL)]
    refuse(seen, f"listed: {seen[:3]}")
    return f"{len(listing.lines)} processes, none of the control plane"


@attack("A2", "kill, stop and terminate pid 1", "it lives and the namespace serves on",
        "another uid; a namespace's init", guarantee="G1",
        no_control="the kernel shields a namespace's pid 1, whoever asks; A1 and A10 show the two layers")
def kill_init(pair, place="user"):
    codes = [pair.run(f"kill -{name} 1", place).code for name in ("KILL", "STOP", "TERM")]
    refuse(pair.run("echo alive", place).out != "alive", "the namespace no longer runs commands")
    return f"exit codes {codes}, commands go on"


@attack("A3", "kill -9 -1", "the caller's own processes die, nothing else; the next command works",
        "PID namespace, uid", guarantee="G1",
        no_control="without the PID namespace it would still be the uid that saves the server; A1, A10")
def kill_everybody(pair, place="user"):
    code = pair.run("kill -9 -1; kill -9 $$", place).code
    refuse(pair.run("echo alive", place).out != "alive", "commands no longer run")
    return f"exit code {code}, commands go on"


WALK = """
listed = {int(name) for name in os.listdir("/proc") if name.isdigit()}
found = []
for pid in range(1, 100000):
    answer = %s
    if answer != "ESRCH":
        try: name = open(f"/proc/{pid}/comm").read().strip()
        except OSError: name = "not listed"
        found.append((pid, name))
tell(found)
"""


def judge_walk(found):
    # Threads have ids too, but no others' may answer; what was listed has a name.
    seen = [entry for entry in found if any(name in entry[1] for name in OF_CONTROL) or entry[1] == "not listed"]
    refuse(len(seen) > 2, f"answered: {seen[:5]}")
    return f"{len(found)} ids of 100,000 exist here"


@attack("A4", "try every pid with kill 0", "only what ps lists", "PID namespace", guarantee="G1", needs=["python3"],
        controls=["pid-namespace"])
def walk_by_kill(pair, place="user"):
    return judge_walk(pair.python(WALK % "attempt(lambda: os.kill(pid, 0))", place))


@attack("A5", "pidfd_open of every pid", "ESRCH for all but the caller's namespace", "PID namespace", guarantee="G1",
        needs=["python3"], controls=["pid-namespace"])
def walk_by_pidfd(pair, place="user"):
    code = WALK % "attempt(lambda: os.close(os.pidfd_open(pid)))"
    return judge_walk(pair.python(code, place))


@attack("A6", "attach gdb and strace to pid 1", "not permitted", "another uid, not dumpable", guarantee="G1",
        needs=["gdb", "strace"],
        no_control="two layers of the kernel's own ptrace check: uid (A10) and dumpable (A7)")
def debug_init(pair, place="user"):
    strace = pair.run("timeout 5 strace -p 1 2>&1", place).text
    gdb = pair.run("timeout 20 gdb -batch -nx -p 1 2>&1 </dev/null", place).text
    refuse("not permitted" not in strace, f"strace: {strace[-200:]}")
    refuse("not permitted" not in gdb, f"gdb: {gdb[-200:]}")
    return "strace and gdb: Operation not permitted"


RACE = """
os.nice(5)
end, met, seen = time.monotonic() + 6, 0, []
known = set(os.listdir("/proc"))
while time.monotonic() < end and not seen:
    fresh = [name for name in os.listdir("/proc") if name.isdigit() and name not in known]
    known.update(fresh)
    for name in fresh:
        pid = int(name)
        if attempt(lambda: os.kill(pid, signal.SIGSTOP)) is not None: continue
        met += 1
        program = attempt(lambda: os.readlink(f"/proc/{pid}/exe"))
        if "ns-helper" in program:
            seen.append(program)
            seen.append(attempt(lambda: os.listdir(f"/proc/{pid}/fd")))
            seen.append(sc("ptrace", 0x4206, pid, 0, 0))
        for number in attempt(lambda: os.listdir(f"/proc/{pid}/fd")) or []:
            if len(number) > 3: break  # the name of an error
            link = attempt(lambda: os.readlink(f"/proc/{pid}/fd/{number}"))
            if "ns-helper" in link or link.startswith(("mnt:", "pid:", "ipc:")): seen.append(link)
        attempt(lambda: os.kill(pid, signal.SIGCONT))
tell([met, seen])
"""


def race(pair, place):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        attacker = pool.submit(pair.python, RACE, place)
        while not attacker.done():
            # Killed by the attacker's SIGSTOP and its time limit, some of them: that is user code's own affair.
            list(pool.map(lambda _: pair.call("POST", "/api/execute", pair.request("true", place, timeout=3)), range(3)))
        met, seen = attacker.result()
    refuse(seen, f"in a child before its execve: {seen}")
    return f"{met} starting processes stopped and examined"


@attack("A7", "stop each new process before its execve and look at it, while commands start",
        "no attach, no memory, no program of the helper's",
        "not dumpable until execve; descriptors closed before the uid", guarantee="G8", needs=["python3"],
        controls=["not-dumpable"],
        test="StartRaceTests/nothing of the helper can be reached in a command that is starting")
def race_for_children(pair, place="user"):
    return race(pair, place)


@attack("A8", "read exe and descriptors of every process, again and again, while commands start",
        "no path of the helper's, no namespace's descriptor, no socket", "not dumpable; close_range before the uid",
        guarantee="G8", needs=["python3"], controls=["closed-descriptors"])
def race_for_descriptors(pair, place="user"):
    for where in ("user", "secure"):
        seen = pair.run("ls -l /proc/*/fd /proc/*/exe 2>/dev/null | grep -E 'ns-helper|mnt:\\[|pid:\\[' | head -n 3", where)
        refuse(seen.out, f"{where}: {seen.out}")
    return race(pair, place)


@attack("A9", "process_vm_readv of pid 1", "EPERM", "another uid; in cells the filter", guarantee="G1",
        needs=["python3"], no_control="as A6")
def read_memory(pair, place="user"):
    answer = pair.python("""
local, remote = ctypes.create_string_buffer(8), struct.pack("QQ", 0x400000, 8)
vector = struct.pack("QQ", ctypes.addressof(local), 8)
tell(sc("process_vm_readv", 1, vector, 1, remote, 1, 0))""", place)
    refuse(answer not in ("EPERM", "ESRCH"), f"{answer}")
    return answer


@attack("A10", "setpriority, sched_setaffinity and prlimit on every process of another uid", "EPERM for each", "another uid", guarantee="G1",
        needs=["python3"], controls=["user-uid"])
def change_init(pair, place="user"):
    answers = pair.python("""
mask, answers = struct.pack("Q", 1), set()
def owner(pid): return attempt(lambda: [l.split()[1] for l in open(f"/proc/{pid}/status") if l.startswith("Uid:")][0])
others = [1] + [int(name) for name in os.listdir("/proc") if name.isdigit() and owner(name) not in (str(os.getuid()), "ENOENT", "ESRCH")]
for pid in others: answers |= {sc("setpriority", 0, pid, 10), sc("sched_setaffinity", pid, 8, mask), sc("prlimit64", pid, 7, 0, mask * 2)}
tell([len(others), [str(answer) for answer in answers]])""", place)
    refuse(set(answers[1]) - {"EPERM", "ESRCH"}, f"{answers}")
    return f"{answers[0]} processes: {', '.join(answers[1])}"


ROUTES = """
import http.client
def ask(host, method, path, body=None):
    connection = http.client.HTTPConnection(host, PORT, timeout=10)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        return connection.getresponse().status
    except OSError as error: return errno.errorcode.get(error.errno, "reset")
    finally: connection.close()
own = subprocess.run(["hostname", "-I"], capture_output=True, text=True).stdout.split()
answers = {}
for host in ["127.0.0.1", "::1", "0.0.0.0", "127.9.9.9", *own]:
    for method, path in CALLS:
        answers[f"{method} {host} {path}"] = ask(host, method, path, '{"command": "touch MARK"}' if method == "POST" else None)
tell(answers)
"""


@attack("A11", "call every route of the API over loopback, at every address", "403 for each; nothing is carried out",
        "the server asks the kernel which uid owns the peer's socket (sock_diag)", guarantee="G7", needs=["python3"],
        controls=["peer-check"])
def call_the_api(pair, place="user"):
    described = json.loads(pair.call("GET", "/openapi.json").body)["paths"]
    calls = [(method.upper(), path.replace("{port}", "1").replace("{id}", "a").replace("{path}", ""))
             for path, methods in described.items() for method in methods
             if method in ("get", "post", "put", "delete") and path != "/api/process/kill-all"]
    mark = f"{pair.scratch}/called-from-{place}"
    code = ROUTES.replace("PORT", str(pair.api_port)).replace("CALLS", repr(calls)).replace("MARK", mark)
    answers = pair.python(code, place, timeout=60)
    served = {call: status for call, status in answers.items()
              if status not in (401, 403, "reset", "ECONNREFUSED", "EADDRNOTAVAIL", "ENETUNREACH")}
    refuse(pair.user(f"[ -e {mark} ]").code == 0, "a command was carried out for a caller inside")
    refuse(served, f"{len(served)} of {len(answers)} calls were served: {list(served.items())[:3]}")
    return f"{len(answers)} calls, all refused"


@attack("A12", "call Jupyter over loopback", "refused", "as A11; Jupyter itself listens on a Unix socket in control",
        guarantee="G7", needs=["python3"],
        no_control="Jupyter's own token is a layer that stays; A11 shows the other",
        test="JupyterTests/Jupyter is invisible, unkillable, and its port is not to be had")
def call_jupyter(pair, place="user"):
    answers = pair.python("""
import http.client
def ask(path, headers={}):
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status
    except OSError as error: return errno.errorcode.get(error.errno, "reset")
socket_headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                  "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
tell([ask("/"), ask("/api/kernels"), ask("/api/kernels/a/channels", socket_headers)])
""".replace("PORT", str(pair.jupyter_port)), place)
    refuse(any(answer in (101, 200, 201) for answer in answers), f"{answers}")
    return f"{answers}"


ATTACKS = (list_processes, kill_init, kill_everybody, walk_by_kill, walk_by_pidfd, read_memory, change_init,
           call_the_api, call_jupyter)


@attack("A13", "A1 to A5 and A9 to A12 from a cell", "the same", "as above, and a PID namespace for each cell",
        guarantee="G1", needs=["python3"], no_control="those of the single rows")
def from_a_cell(pair):
    return "; ".join(str(one(pair, "secure")) for one in ATTACKS)


@attack("A14", "use the key of a code kernel that is not the user's",
        "no connection file but those of kernels that run in user",
        "kernels run in user, their files are the user's; none runs in control", guarantee="G1",
        no_control="files of control lie in its own mounts (B1, E32)",
        test="JupyterTests/kernels are seen by user code, and Jupyter has no power and no secret on show")
def find_kernel_keys(pair):
    found = pair.user("find / -xdev \\( -path /proc -o -path /sys \\) -prune -o -name 'kernel-*.json' -print 2>/dev/null "
                      "| while read -r f; do [ -r \"$f\" ] && [ ! -O \"$f\" ] && echo \"$f\"; done")
    refuse(found.out, f"readable: {found.out}")
    return "no readable connection file of another uid"
