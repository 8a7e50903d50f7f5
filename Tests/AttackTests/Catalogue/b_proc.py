"""B. What /proc tells about others."""
import concurrent.futures

from pair import refuse
from rows import attack

SCAN = "for p in /proc/[0-9]*; do tr '\\0' '\\n' < $p/environ; tr '\\0' ' ' < $p/cmdline; done 2>/dev/null"


@attack("B1", "read environ, maps, memory, cwd and root of pid 1", "permission denied", "another uid, not dumpable",
        guarantee="G1", no_control="two layers of the kernel's own check, as A6")
def read_init(pair):
    for place in ("user", "secure"):
        for file in ("environ", "maps", "mem", "cwd/", "root/", "fd/"):
            result = pair.run(f"ls /proc/1/{file} && cat /proc/1/{file}", place)
            refuse(result.code == 0, f"{place}: /proc/1/{file}: {result.out[:100]}")
    return "six files in both namespaces: permission denied"


@attack("B2", "list descriptors and namespaces of every process of another uid", "permission denied",
        "the kernel's ptrace check", guarantee="G1", no_control="as B1")
def read_others(pair):
    result = pair.user("""
        own=$(id -u); others=0
        for p in /proc/[0-9]*; do
            uid=$(awk '/^Uid:/ {print $2}' $p/status) || continue
            [ "$uid" = "$own" ] && continue
            others=$((others + 1))
            ls $p/fd >/dev/null 2>&1 && echo "read $p/fd"
            readlink $p/ns/mnt && echo "read $p/ns"
        done; echo $others others""")
    refuse("read " in result.out, result.out)
    return result.lines[-1]


@attack("B3", "a cell reads every environment while another cell runs", "its own alone",
        "a PID namespace for each cell; Landlock", guarantee="G4", controls=["cell-pid-namespace,landlock-scope"])
def read_other_cell(pair):
    first, second = pair.canary(), pair.canary()
    with pair.running(":", "secure", {"CANARY": first}):
        seen = pair.secure(SCAN, env={"OTHER": second}).out
    refuse(first in seen, "the other cell's variable")
    refuse(second not in seen, "the scan did not find its own variable")
    return "its own variable and no other"


@attack("B4", "user reads every environment and command line in a loop, while forty cells come and go",
        "no value of theirs", "another uid, another PID namespace", guarantee="G4", controls=["pid-namespace"])
def read_cells_in_a_loop(pair):
    canary, mark = pair.canary(), f"{pair.scratch}/end-of-b4"
    # One process a round: a cell lives for a tenth of a second.
    loop = f"while [ ! -e {mark} ]; do cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null; done | tr '\\0' '\\n' | grep -aoE 's3cr3t-[0-9a-f]{{32}}' | sort -u"
    with concurrent.futures.ThreadPoolExecutor() as pool:
        reader = pool.submit(pair.user, loop, timeout=60)
        try:
            for _ in range(40):
                pair.secure(f"sh -c 'sleep 0.1; true' {canary}", env={"CANARY": canary})
        finally:
            pair.user(f"touch {mark}")
    refuse(reader.result().out, f"read: {reader.result().out.count(canary)} value")
    return "nothing of forty cells"


@attack("B5", "find a /proc of another namespace", "one /proc, at /proc",
        "a fresh /proc over the old one; the start looks for others", guarantee="G1",
        no_control="the start refuses what it finds (unit tests of MountTable)",
        test="MountTableTests/anotherProcIsSuspiciousWhereverItIs")
def find_other_proc(pair):
    for place in ("user", "secure"):
        listing = pair.run("awk '/ - proc / {print $5}' /proc/self/mountinfo", place).lines
        refuse([mount for mount in listing if mount != "/proc" and not mount.startswith("/proc/")], f"{place}: {listing}")
    return "/proc alone, and covers below it"


MASKED = "kcore keys timer_list sched_debug interrupts latency_stats timer_stats acpi scsi asound"


@attack("B6", "read what container engines cover: " + MASKED.replace(" ", ", "), "empty, absent or denied",
        "the same covers on every fresh /proc", guarantee="G1", controls=["proc-masks"])
def read_masked(pair):
    for place in ("user", "secure"):
        result = pair.run(f"cd /proc; for f in {MASKED}; do [ -n \"$(head -c 16 $f 2>/dev/null; ls -A $f/ 2>/dev/null)\" ] && echo $f; done", place)
        refuse(result.out, f"{place} reads {result.lines}")
    return "nothing in either namespace"


@attack("B7", "write core_pattern and sysrq-trigger", "denied",
        "root's files, and bound read-only so that not even root may", guarantee="G1",
        no_control="file modes remain when the binds are gone; the test below writes as root",
        test="MountTests/kernel settings are read-only even for root with every capability")
def write_settings(pair):
    for place in ("user", "secure"):
        result = pair.run("echo x > /proc/sys/kernel/core_pattern; a=$?; echo b > /proc/sysrq-trigger; echo $a $?", place)
        refuse("0" in result.out.split(), f"{place}: {result.text}")
        refuse(pair.run("[ -w /proc/sys/kernel/core_pattern ]", place).code == 0, "writable")
    return "both refused"


@attack("B8", "look for secrets among the mounts", "what is named there is empty",
        "covers; names of mounts cannot be hidden", guarantee="G4", no_control="E32 has it")
def read_mountinfo(pair):
    result = pair.user("""awk '{print $5}' /proc/self/mountinfo | grep -iE 'secret|token|credential|docker.sock' |
        while read -r path; do echo "$path: $(find "$path" -mindepth 1 2>/dev/null | head -n 3; head -c 20 "$path" 2>/dev/null)"; done""")
    filled = [line for line in result.lines if not line.endswith(": ")]
    refuse(filled, f"{filled}")
    return f"{len(result.lines)} names, all empty"


@attack("B9", "speak to the helper through a Unix socket that /proc/net/unix shows", "no answer",
        "socket pairs have no name; the one path is covered; its door admits root and control alone", guarantee="G8",
        needs=["python3"], controls=["private-run,hidden-paths,door-check"])
def speak_to_helper(pair):
    for place in ("user", "secure"):
        answers = pair.python("""
names = {line.split(None, 7)[7].strip() for line in open("/proc/net/unix").readlines()[1:] if len(line.split(None, 7)) > 7}
answers = {}
for name in names:
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.settimeout(3)
    hello = struct.pack("<4sHHQIHHQ", b"NSH1", 1, 1, 1, 0, 0, 0, 0)
    heard = attempt(lambda: s.connect(name.replace("@", chr(0), 1)) or (s.send(hello) and s.recv(4096)))
    if isinstance(heard, bytes) and heard.startswith(b"NSH"): answers[name] = len(heard)
tell([len(names), answers])""", place)
        refuse(answers[1], f"{place}: the helper answered: {answers[1]} bytes")
    return f"{answers[0]} names in this network, none answers"


@attack("B10", "read /proc/net/tcp and ss -tanp", "addresses and uids of all, no process of control",
        "the network is shared: documented", guarantee="G1", needs=["ss"],
        no_control="two layers: processes that are not listed (A1), descriptors that cannot be read (B2)")
def read_connections(pair):
    result = pair.user("ss -tanp 2>&1; cat /proc/net/tcp /proc/net/tcp6 | wc -l")
    refuse(any(name in result.text for name in ("sandbox-server", "ns-helper")), "ss names the server")
    return f"{result.lines[-1]} lines of addresses, no name of control"


@attack("B11", "watch load, statistics and pressure while a cell works", "timing alone",
        "accepted: the kernel is shared", guarantee="G4", accepted=True)
def watch_load(pair):
    with pair.running(":", "secure", {"CANARY": pair.canary()}):
        seen = pair.user("cat /proc/loadavg /proc/stat /proc/vmstat /proc/pressure/* 2>/dev/null").out
    refuse("s3cr3t-" in seen, "a value in the kernel's statistics")
    return "counters show that something runs, not what"


@attack("B12", "read /proc/locks", "no pid of another namespace", "PID namespace", guarantee="G1",
        no_control="an id that is shown as -1 or 0 says nothing; A1 and A4 show the namespace")
def read_locks(pair):
    listing = pair.user("awk '{print $5}' /proc/locks | sort -u | while read -r pid; do [ $pid -le 0 ] || [ -d /proc/$pid ] || echo $pid; done")
    refuse(listing.out, f"pids {listing.lines}")
    return "no pid that is not listed"


@attack("B13", "kcmp and pidfd_getfd", "EPERM", "seccomp, and the kernel's ptrace check", guarantee="G1",
        needs=["python3"], controls=["call:kcmp", "call:pidfd_getfd"])
def compare(pair):
    answers = {place: pair.python("""
own = os.getpid()
tell([sc("kcmp", own, own, 0, 0, 0), sc("pidfd_getfd", os.pidfd_open(own), 0, 0)])""", place) for place in ("user", "secure")}
    refuse(any(isinstance(answer, int) for pair_ in answers.values() for answer in pair_), f"{answers}")
    return f"{answers['user']}"
