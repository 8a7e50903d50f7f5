"""G. Exhaustion: user code uses up what it can, and the API goes on answering."""
import concurrent.futures, json, time

from pair import refuse
from rows import attack, elsewhere

elsewhere("G1", "fork bomb", "the API answers, commands with credentials run, a reset ends it",
          "RLIMIT_NPROC per uid",
          "SurvivalTests/a fork bomb in user harms neither the API nor commands with credentials, and a reset ends it",
          "G9", no_control="a bomb without its limit would take the test's machine down")
elsewhere("G2", "memory bomb", "a process of user dies, nothing else",
          "memory.max where cgroups can be made, else the order of oom_score_adj (/health: G9)",
          "SurvivalTests/whatever user code uses up, the API and secure go on, and a reset makes a clean namespace", "G9",
          no_control="needs a memory limit that this machine may not set; unit tests show the files that are written")



@attack("G3", "open descriptors to the limit in 20 processes", "server and helper unaffected",
        "RLIMIT_NOFILE is each process's own", guarantee="G9", needs=["python3"], no_control="nothing shared")
def descriptor_bomb(pair):
    opened = pair.python("""
import resource
def work():
    n, held = 0, []
    try:
        while True: held.append(os.open("/dev/null", os.O_RDONLY)); n += 1
    except OSError: return n
pids = []
for _ in range(20):
    r, w = os.pipe(); pid = os.fork()
    if pid == 0: os.write(w, str(work()).encode()); time.sleep(0.5); os._exit(0)
    os.close(w); pids.append(r)
tell(sum(int(os.read(r, 20)) for r in pids))""")
    return f"{opened} descriptors opened; the API answers"


@attack("G4", "descriptors in flight: SCM_RIGHTS to oneself", "ETOOMANYREFS for the user's uid alone",
        "counted per uid", guarantee="G9", needs=["python3"], no_control="the kernel's own limit")
def descriptors_in_flight(pair):
    sent = pair.python("""
import array
a, b = socket.socketpair(); a.setblocking(False); n = 0
rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [a.fileno()] * 250))]
pairs, answer = [(a, b)], None
while answer in (None, "EAGAIN") and len(pairs) < 400:
    answer = attempt(lambda: pairs[-1][0].sendmsg([b"x"], rights) and None)
    if answer is None: n += 250
    elif answer == "EAGAIN":
        more = attempt(lambda: socket.socketpair())
        if isinstance(more, str): answer = more; break
        more[0].setblocking(False); pairs.append(more)
tell([n, answer])""", timeout=60)
    return f"{sent[0]} descriptors in flight, then {sent[1]}; commands go on: {pair.secure('echo yes').out}"


@attack("G5", "fill the workspace's disk", "ENOSPC for user; the API goes on",
        "the server needs no disk; a size-limited volume is the operator's", guarantee="G9", accepted=True,
        test="SurvivalTests/a full workspace stops nobody from asking")
def fill_workspace(pair):
    return "not tried: on a workspace that somebody may share a disk with: give the volume a size"


@attack("G6", "fill /tmp and /dev/shm", "ENOSPC at their size; cells have their own", "tmpfs size", guarantee="G9",
        controls=["mount-limits"])
def fill_tmp(pair):
    try:
        result = pair.user("for d in /tmp /dev/shm; do head -c 600m /dev/zero > $d/attack-g6; stat -c %s $d/attack-g6; done", timeout=60)
        sizes = [int(line) for line in result.lines]
        refuse(max(sizes) >= 600 << 20, f"sizes {sizes}")
        refuse(pair.secure("echo x > /tmp/x && cat /tmp/x").out != "x", "a cell cannot write its own /tmp")
    finally:
        pair.user("rm -f /tmp/attack-g6 /dev/shm/attack-g6")
    return f"stopped at {sizes[0] >> 20} and {sizes[1] >> 20} MiB; cells write on"


@attack("G7", "a hundred thousand empty files in /tmp", "ENOSPC at the number of files", "tmpfs nr_inodes",
        guarantee="G9", needs=["python3"], controls=["mount-limits"])
def fill_inodes(pair):
    try:
        made = pair.python("""
os.mkdir("/tmp/attack-g7"); n = 0
try:
    while n < 100000: os.close(os.open(f"/tmp/attack-g7/{n}", os.O_CREAT)); n += 1
    tell([n, None])
except OSError as error: tell([n, errno.errorcode[error.errno]])""", timeout=60)
        refuse(made[1] != "ENOSPC", f"{made[0]} files made")
    finally:
        pair.user("rm -rf /tmp/attack-g7", timeout=60)
    return f"{made[1]} after {made[0]} files"


@attack("G8", "open terminals without end", "ENOSPC at their number; other namespaces open theirs",
        "devpts max of each namespace", guarantee="G9", needs=["python3"], controls=["mount-limits"])
def exhaust_terminals(pair):
    opened = pair.python("""
held = []
try:
    while len(held) < 500: held.append(os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY))
    tell([len(held), None])
except OSError as error:
    tell([len(held), errno.errorcode[error.errno]])""")
    refuse(opened[1] is None, f"{opened[0]} terminals")
    other = pair.python("tell(os.open('/dev/ptmx', os.O_RDWR | os.O_NOCTTY) > 0)", "secure")
    refuse(not other, "a cell has no terminal")
    return f"{opened[1]} after {opened[0]}; a cell opens its own"


@attack("G9", "write without end: 300 MB without a newline, to both outputs",
        "bounded memory; the answer is cut and says so", "bounded buffers", guarantee="G9",
        no_control="there is nothing to switch")
def flood_output(pair):
    answer = pair.call("POST", "/api/execute", pair.request("head -c 300m /dev/zero | tr '\\0' a; head -c 50m /dev/zero | tr '\\0' b >&2", timeout=60), 120)
    value = json.loads(answer.body)
    refuse(not value.get("stdoutTruncated") and len(value.get("stdout", "")) >= 300_000_000, f"{len(answer.body)} bytes answered")
    return f"{len(value['stdout']) >> 20} MiB and {len(value['stderr']) >> 20} MiB answered, marked as cut"


@attack("G10", "a parent that never waits for 2,000 children", "ended with its command's time limit",
        "RLIMIT_NPROC; the tree is found by its ancestor", guarantee="G9", needs=["python3"], no_control="as G1")
def zombies(pair):
    body = pair.request(pair.script("""
n = 0
for _ in range(2000):
    if attempt(os.fork) == 0: os._exit(0)
    n += 1
print(n, flush=True); time.sleep(60)"""), timeout=4)
    start = time.monotonic()
    pair.call("POST", "/api/execute", body)
    took = time.monotonic() - start
    left = pair.user("grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l").out
    refuse(took > 20, f"ended after {took:.0f} s")
    return f"ended after {took:.1f} s, {left} zombies left"


elsewhere("G11", "all processes stop themselves; time limits must still fire", "SIGKILL works on the stopped",
          "the helper's clock and pidfds",
          "SurvivalTests/a command that stops everything, itself too, is ended by its time limit all the same", "G9",
          no_control="there is nothing to switch")


@attack("G12", "ask for real-time scheduling and higher priority; keep every processor busy",
        "refused; the API answers", "RLIMIT_RTPRIO and RLIMIT_NICE 0", guarantee="G9", needs=["python3"],
        no_control="no capability")
def hog_processors(pair):
    answers = pair.python("tell([sc('sched_setscheduler', 0, 1, struct.pack('i', 1)), sc('sched_setscheduler', 0, 6, struct.pack('i', 0)), sc('setpriority', 0, 0, -5)])")
    refuse(0 in (answers[0], answers[2]), f"{answers}")
    slowest = 0
    with concurrent.futures.ThreadPoolExecutor() as pool:
        hog = pool.submit(pair.user, "for i in $(seq $(nproc)); do timeout 3 sh -c 'while :; do :; done' & done; wait")
        while not hog.done():
            start = time.monotonic()
            pair.health(timeout=30)
            slowest = max(slowest, time.monotonic() - start)
            time.sleep(0.05)
    refuse(slowest > 2, f"an answer took {slowest:.1f} s")
    return f"{answers[0]}, {answers[2]}; slowest answer {slowest * 1000:.0f} ms"


@attack("G13", "message queues, locked memory, inotify watches, pipe sizes", "limits of the namespace and the uid",
        "RLIMIT_MSGQUEUE, RLIMIT_MEMLOCK, IPC namespaces", guarantee="G9", needs=["python3"],
        no_control="limits by number: the golden record")
def small_limits(pair):
    answers = pair.python("""
libc = ctypes.CDLL(None, use_errno=True)
def name(result): return errno.errorcode[ctypes.get_errno()] if result != 0 else "done"
page = mmap.mmap(-1, 64 << 20)
tell({"mlock 64 MiB": name(libc.mlock(ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(page))), ctypes.c_size_t(64 << 20))), "mlockall": name(libc.mlockall(3))})""")
    refuse(answers["mlock 64 MiB"] == "done", f"{answers}")
    return f"{answers}"


@attack("G14",
        "a directory 1,500 deep, names of 255 bytes, names with newlines; then list and remove them over the API",
        "bounded answers, no crash", "iterative code; the kernel resolves", guarantee="G9", needs=["python3"],
        no_control="there is nothing to switch")
def deep_directories(pair):
    top = f"{pair.scratch}/deep"
    pair.python(f"""
os.makedirs("{top}"); os.chdir("{top}")
open("a\\nb", "w"); open("n" * 255, "w"); open(b"\\xff\\xfe".decode("utf-8", "surrogateescape"), "w")
for _ in range(1500): os.mkdir("d" * 100); os.chdir("d" * 100)
tell(True)""", timeout=60)
    statuses = [pair.call("POST", "/api/list-files", {"path": top, "options": {"recursive": True}}).status, pair.call("POST", "/api/delete", {"path": top}).status,
                pair.call("POST", "/api/exists", {"path": top + "/d" * 2000}).status]
    removed = pair.user(f"rm -rf {top}", timeout=60)
    return f"statuses {statuses}; removed: {removed.code == 0}"


@attack("G15", "200 commands with credentials at once", "each has its own value, or is told to come again", "slots",
        guarantee="G4", no_control="there is nothing to switch")
def many_cells(pair):
    def one(number):
        try:
            answer = pair.call("POST", "/api/execute", pair.request("echo $VALUE", "secure", {"VALUE": f"v{number}"}, timeout=60), 120)
        except OSError:
            return "later"  # more connections than this host may have at once
        return "later" if answer.status in (429, 503) else "right" if f'"stdout":"v{number}"' in answer.body.replace('" : "', '":"') else answer.body[:200]
    with concurrent.futures.ThreadPoolExecutor(200) as pool:
        outcomes = list(pool.map(one, range(200)))
    wrong = [outcome for outcome in outcomes if outcome not in ("right", "later")]
    refuse(wrong, f"{len(wrong)}: {wrong[0] if wrong else ''}")
    return f"{outcomes.count('right')} right, {outcomes.count('later')} told to come again"


elsewhere("G16", "a thousand commands, then compare mounts, namespaces, descriptors, memory", "equal",
          "everything has one owner", "LeakTests/a thousand commands leave nothing behind and the helper no larger",
          "G9", no_control="there is nothing to switch")
elsewhere("G17", "commands while no process is left for the uid", "a clear error, no hang",
          "clone's EAGAIN is reported", "LimitTests/each uid has its own number of processes", "G9",
          no_control="there is nothing to switch")
elsewhere("G18", "a namespace's init that cannot end", "other namespaces serve on", "nothing waits for one namespace",
          "ResetTests/resets and commands at the same time neither hang nor mix", "G9",
          no_control="there is nothing to switch")
