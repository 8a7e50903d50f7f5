"""P. What must go on working in user: a sandbox in which nothing runs would hold every attack."""
import shlex

from pair import refuse
from rows import attack


def works(id, what, expected, needs=(), guarantee="G6"):
    return attack(id, what, expected, "what is allowed, and why: Docs/Privileges.md", needs=needs, guarantee=guarantee, no_control="must work")


def expect(result, *texts):
    missing = [text for text in texts if text not in result.text]
    refuse(missing, f"missing {missing}: exit code {result.code}, {result.text[-300:]}")


@works("P1", "ps, top and htop", "they show what runs in user", ["ps", "top", "htop", "script"])
def look(pair):
    expect(pair.user("sleep 61.5 & ps aux; kill %1"), "sleep 61.5")
    expect(pair.user("TERM=xterm top -b -n1"), "load average", "PID")
    expect(pair.user("TERM=xterm timeout -s INT 2 script -qc 'htop -d 10 --no-color' /dev/null </dev/null"), "Load average")
    return "ps, top, htop"


@works("P2", "gdb attaches, and runs a program without address randomisation", "both", ["gdb"])
def debug(pair):
    expect(pair.user("sleep 62 & timeout 30 gdb -batch -nx -p $! -ex 'info proc' 2>&1 </dev/null; kill %1"), "process")
    run = pair.user("timeout 30 gdb -batch -nx -ex run -ex 'info proc' --args /bin/true 2>&1 </dev/null")
    expect(run, "exited normally")
    refuse("disabling address space randomization" in run.text, "the warning about address randomisation")
    return "attach and run"


@works("P3", "strace -f, strace -p", "both", ["strace"])
def trace(pair):
    expect(pair.user("strace -f -e trace=execve sh -c 'true; /bin/true' 2>&1"), "execve(\"/bin/true\"")
    expect(pair.user("sleep 1 & strace -p $! -e trace=all 2>&1"), "exited with 0")
    return "follow and attach"


@works("P4", "process_vm_readv between two processes of user", "reads", ["python3"])
def read_each_other(pair):
    answer = pair.python("""
text = ctypes.create_string_buffer(b"hello"); pid = os.fork()
if pid == 0: time.sleep(5); os._exit(0)
local = ctypes.create_string_buffer(6); pack = lambda b: struct.pack("QQ", ctypes.addressof(b), 6)
result = sc("process_vm_readv", pid, pack(local), 1, pack(text), 1, 0); os.kill(pid, 9)
tell([result, local.value.decode()])""")
    refuse(answer != [6, "hello"], f"{answer}")
    return "6 bytes"


@works("P5", "job control, tty and script", "they work in a terminal", ["script", "tty"])
def job_control(pair):
    expect(pair.user("script -qc 'bash -mc \"tty; sleep 60 & kill -STOP %1; jobs; kill -CONT %1; kill %1; stty size\"' /dev/null </dev/null"), "/dev/pts/", "sleep 60")
    return "tty, jobs, stop, continue"


@works("P6", "python threads, processes and asyncio; node workers; git; gcc; java where it is there", "they run",
       ["python3", "git"])
def languages(pair):
    done = []
    expect(pair.user(f"python3 -c {shlex.quote(PYTHON)}"), "[2, 4] [6, 8]", "[0, 2, 4, 6]")
    expect(pair.user("cd /tmp && rm -rf p6 && git init -q p6 && cd p6 && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m works && "
                     "git log --oneline; rm -rf /tmp/p6"), "works")
    done = ["python3", "git"]
    for tool, script, text in PROGRAMS:
        if pair.user(f"command -v {tool}").code == 0:
            expect(pair.user(script, timeout=60), text)
            done.append(tool)
    return ", ".join(done)


PYTHON = """
import asyncio, concurrent.futures as f, multiprocessing, ssl, sqlite3
def double(n): return n * 2
async def main(): return await asyncio.gather(*[asyncio.to_thread(double, n) for n in range(4)])
with f.ThreadPoolExecutor(4) as t, f.ProcessPoolExecutor(2) as p: print(list(t.map(double, [1, 2])), list(p.map(double, [3, 4])))
print(asyncio.run(main())); multiprocessing.Lock()
"""
PROGRAMS = (
    ("node", """node -e 'const {Worker} = require("worker_threads");
        new Worker("require(\\"worker_threads\\").parentPort.postMessage(42)", {eval: true}).on("message", m => console.log("worker", m))'""", "worker 42"),
    ("gcc", """cd /tmp; printf '#include <stdio.h>\\nint main(void) { puts("compiled"); }\\n' > p6.c && gcc p6.c -o p6 && ./p6; rm -f p6 p6.c""", "compiled"),
    ("java", "java -version 2>&1", "version"),
    ("perl", "perl -e 'my $p = fork(); exit 0 if !$p; wait; print \"forked\"'", "forked"),
)


@works("P7", "path sockets and abstract sockets between two commands of user", "they connect", ["python3"])
def sockets(pair):
    serve = pair.script(f"""
import threading
def one(address):
    s = socket.socket(socket.AF_UNIX); s.bind(address); s.listen(); s.settimeout(20); s.accept()[0].send(b"hello")
for address in ("{pair.scratch}/p7.sock", "\\0p7-" + "{pair.scratch}"): threading.Thread(target=one, args=(address,)).start()
""").removeprefix("exec ")
    with pair.running(f"{{ {serve} & }}; sleep 0.5"):
        answers = pair.python(f"""
def ask(address):
    s = socket.socket(socket.AF_UNIX); s.settimeout(10); s.connect(address); return s.recv(10).decode()
tell([ask("{pair.scratch}/p7.sock"), ask("\\0p7-" + "{pair.scratch}")])""")
    refuse(answers != ["hello", "hello"], f"{answers}")
    return "both"


SERVER = """
import http.server, threading, subprocess, socket
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self): self.send_response(200); self.end_headers(); self.wfile.write(b"served")
    def log_message(self, *a): pass
s = http.server.HTTPServer(("127.0.0.1", 0), H); threading.Thread(target=s.serve_forever, daemon=True).start()
print(subprocess.run(["curl", "-s", f"http://localhost:{s.server_port}/"], capture_output=True, text=True).stdout)
print("listed" if str(s.server_port) in subprocess.run(["ss", "-ltn"], capture_output=True, text=True).stdout else "missing")
print(socket.getaddrinfo("localhost", 80)[0][4][0])
"""


@works("P8", "ss -ltn, getaddrinfo, curl", "they work", ["ss", "curl", "python3"])
def network(pair):
    expect(pair.user(f"python3 -c {shlex.quote(SERVER)}"), "served", "listed")
    return "curl, ss, getaddrinfo"


@works("P9", "a background process of one command is seen and killed by the next", "seen and killed")
def background(pair):
    pair.user("setsid sleep 63.25 >/dev/null 2>&1 &")
    expect(pair.user("for i in $(seq 100); do pkill -f '^sleep 63.25' && echo killed && break; sleep 0.02; done"), "killed")
    return "seen and killed"


@works("P10", "umask, limits and locale", "as documented")
def settings(pair):
    result = pair.user("umask; ulimit -n; ulimit -c; echo $LANG")
    refuse(result.lines[0] not in ("0022", "0002") or result.lines[1] != "1024", f"{result.lines}")
    return f"umask {result.lines[0]}, {result.lines[1]} descriptors, core {result.lines[2]}, {result.lines[3]}"
