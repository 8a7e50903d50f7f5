"""F. Escapes through files, paths and programs. System calls are in f_system_calls."""
import concurrent.futures, json

from pair import refuse
from rows import NotApplicable, attack, elsewhere

LAYERS = "no capability; seccomp"


@attack("F7", "enter root and cwd of processes of other uids", "permission denied", "the kernel's ptrace check",
        guarantee="G1", no_control="as B1")
def enter_roots(pair):
    for place in ("user", "secure"):
        result = pair.run("""own=$(id -u); for p in /proc/[0-9]*; do
            [ "$(awk '/^Uid:/ {print $2}' $p/status 2>/dev/null)" = "$own" ] && continue
            [ -d $p ] && ls -d $p/root/ $p/cwd/ 2>/dev/null; done""", place)
        refuse(result.out, f"{place}: {result.lines}")
    return "none in either namespace"


@attack("F8", "make device nodes; open every device that is found", "EPERM; nothing but the harmless ones of /dev",
        LAYERS + "; nodev everywhere, an own small /dev", guarantee="G8", needs=["python3"],
        no_control="mknod needs a capability whatever the filter says",
        test="MountTests/standard devices work and no other can be made")
def devices(pair):
    for place in ("user", "secure"):
        answers = pair.python(f"""
import stat
made = [attempt(lambda: os.mknod("{pair.scratch}/node", kind | 0o666, os.makedev(*number))) or "made" for kind, number in ((stat.S_IFCHR, (1, 1)), (stat.S_IFBLK, (8, 0)), (stat.S_IFCHR, (10, 229)))]
opened, seen = [], 0
for top, dirs, files in os.walk("/"):
    dirs[:] = [d for d in dirs if os.path.join(top, d) not in ("/proc", "/sys", "/usr", "/lib")]
    for name in files:
        path = os.path.join(top, name)
        try: mode = os.lstat(path).st_mode
        except OSError: continue
        if not (stat.S_ISCHR(mode) or stat.S_ISBLK(mode)): continue
        seen += 1
        if name in ("null", "zero", "full", "random", "urandom", "tty", "ptmx") or top == "/dev/pts": continue
        fd = attempt(lambda: os.open(path, os.O_RDWR | os.O_NONBLOCK))
        # A cover is a bind of /dev/null.
        if isinstance(fd, int) and fd > 2 and os.fstat(fd).st_rdev != os.makedev(1, 3): opened.append(path)
tell([made, opened, seen])""", place)
        refuse("made" in answers[0], f"{place}: a node was made")
        refuse(answers[1], f"{place} opened {answers[1]}")
    return f"mknod: {answers[0]}; {answers[2]} device nodes, none dangerous"


@attack("F9", "cgroup v1 release_agent (CVE-2022-0492)", "nothing to write",
        "no mount, no user namespace, no writable cgroup files", guarantee="G8",
        no_control="three layers: F1, F5 and file modes")
def release_agent(pair):
    result = pair.user("find /sys/fs/cgroup -name release_agent -writable 2>/dev/null; mkdir /tmp/cg; mount -t cgroup -o memory none /tmp/cg 2>&1; unshare -UrmC mount -t cgroup -o rdma none /tmp/cg 2>&1 && echo mounted; rmdir /tmp/cg")
    refuse("mounted" in result.out or "/release_agent" in result.out, result.out)
    return result.lines[0] if result.lines else "nothing"


@attack("F10", "write below /sys", "read-only or denied", "/sys is read-only", guarantee="G8",
        no_control="file modes remain; a unit test shows the read-only bind",
        test="MountTests/masked files and directories are empty")
def write_sys(pair):
    for place in ("user", "secure"):
        result = pair.run("find /sys -xdev -type f -writable 2>/dev/null | while read -r f; do echo 0 > $f && echo $f; done 2>/dev/null | head -n 3; for f in kernel/uevent_helper power/state kernel/profiling; do echo x > /sys/$f; done 2>/dev/null; mkdir /sys/fs/cgroup/attack 2>/dev/null && echo made", place)
        refuse(result.out, f"{place}: {result.lines}")
    return "nothing can be written"


@attack("F22", "run setuid programs: su, mount, passwd", "no other euid", "no_new_privs; nosuid", guarantee="G8",
        needs=["python3"], controls=["no-new-privileges,nosuid,seccomp,landlock-scope"])
def setuid_programs(pair):
    seen = {}
    for place in ("user", "secure"):
        seen[place] = pair.python("""
import shutil
found = []
for name in ("su", "passwd", "chsh", "newgrp", "gpasswd", "mount", "umount", "ping", "chfn"):
    path = shutil.which(name)
    if not path or not os.stat(path).st_mode & 0o4000: continue
    child = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # Stopped as early as it goes, so that it can be looked at.
    child.send_signal(signal.SIGSTOP)
    for _ in range(50):
        status = attempt(lambda: open(f"/proc/{child.pid}/status").read())
        line = [l.split() for l in status.splitlines() if l.startswith("Uid:")]
        if line and line[0][2] != line[0][1]: found.append([name, line[0][1:3]]); break
        child.send_signal(signal.SIGCONT); time.sleep(0.002); child.send_signal(signal.SIGSTOP)
        if child.poll() is not None: break
    child.kill(); child.wait()
    found.append(name) if not found or found[-1] != name else None
tell(found)""", place)
    gained = [entry for entries in seen.values() for entry in entries if isinstance(entry, list)]
    refuse(gained, f"euid changed: {gained}")
    if not seen["user"]:
        raise NotApplicable("no setuid program in the sandbox")
    return f"{', '.join(seen['user'])}: no other euid"


@attack("F26", "execute a memfd and /proc/self/exe", "an ordinary process of the user", "allowed", guarantee="G8",
        needs=["python3"], no_control="nothing is switched off")
def execute_memfd(pair):
    code = """
fd = os.memfd_create("a"); os.write(fd, open("/bin/sh", "rb").read())
out = subprocess.run([f"/proc/self/fd/{fd}", "-c", "grep -E '^(Uid|CapEff|NoNewPrivs|Seccomp):' /proc/self/status"], pass_fds=[fd], capture_output=True, text=True).stdout
tell(dict(line.split(":", 1) for line in out.splitlines()))"""
    state = pair.python(code)
    refuse(int(state["CapEff"], 16) or state["NoNewPrivs"].strip() != "1" or state["Seccomp"].strip() != "2", f"{state}")
    return "same uid, no capability, filter and no_new_privs in place"


@attack("F27",
        "flip a directory between itself and a link to /proc/1/root while files are listed, written and commands started there",
        "never outside the user's view",
        "files are opened as the user, below no magic link; a directory is checked after it is entered",
        guarantee="G8", needs=["python3"], no_control="the user's own rights remain whatever is followed",
        test="StartRaceTests/a working directory that is swapped for a link leads nowhere")
def swap_directory(pair):
    flip = f"""
base = "{pair.scratch}/flip"; os.makedirs(base + ".d", exist_ok=True)
end, n = time.monotonic() + 4, 0
while time.monotonic() < end:
    for target in (base + ".d", "/proc/1/root", "/root"):
        os.symlink(target, base + ".new"); os.rename(base + ".new", base); n += 1
tell(n)"""
    pair.user(f"ln -s . {pair.scratch}/flip")
    bad = []
    with concurrent.futures.ThreadPoolExecutor() as pool:
        flipping = pool.submit(pair.python, flip)
        while not flipping.done():
            listing = pair.call("POST", "/api/list-files", {"path": f"{pair.scratch}/flip"})
            if '"name":"proc"' in listing.body or '"name":"root"' in listing.body:
                bad.append("listed a foreign root")
            pair.call("POST", "/api/write", {"path": f"{pair.scratch}/flip/f", "content": "x"})
            # The kernel's word: a shell's pwd -P follows the link anew, wherever it leads by then.
            asked = pair.request("readlink /proc/self/cwd", cwd=f"{pair.scratch}/flip")
            result = pair.call("POST", "/api/execute", asked)
            where = json.loads(result.body).get("stdout", "") if result.status == 200 else ""
            if where and not where.startswith(pair.scratch):
                bad.append(f"a command started in {where}")
    refuse(bad, f"{bad[:2]}")
    return f"{flipping.result()} flips"


elsewhere("F28", "rename directories that the helper mounts on, while namespaces are made anew",
          "mounts happen on root's paths alone", "the start refuses a path that others can move",
          "MountTests/the pair's own files and what the operator named are covered", "G8",
          no_control="the start's refusal is the test")


@attack("F30", "fuse and overlayfs", "no /dev/fuse; EPERM", "an own small /dev; " + LAYERS, guarantee="G8",
        no_control="no capability; F5")
def fuse(pair):
    result = pair.user("ls /dev/fuse /dev/kvm /dev/mem 2>/dev/null; mkdir -p /tmp/o; mount -t overlay -o lowerdir=/etc,upperdir=/tmp/o,workdir=/tmp/o o /tmp/o 2>/dev/null && echo mounted; rmdir /tmp/o")
    refuse(result.out, result.out)
    return "no device, no mount"


@attack("F31", "bwrap, unshare and other sandboxes inside", "they fail with a readable message",
        "no user namespaces in the sandbox; browsers need --no-sandbox", guarantee="G8", needs=["bwrap"],
        no_control="F1 has it")
def nested_sandbox(pair):
    result = pair.user("bwrap --ro-bind / / --unshare-all id 2>&1")
    refuse(result.code == 0, result.out)
    return result.lines[0] if result.lines else f"exit code {result.code}"


elsewhere("F33", "trinity for ten minutes as the user", "no crash of helper or server",
          "a regression test, not a proof; run by hand", "SystemCallTests/calls of the policy get the planned errno",
          "G8", no_control="there is nothing to switch")
