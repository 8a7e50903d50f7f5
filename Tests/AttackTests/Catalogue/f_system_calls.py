"""F. Escapes through system calls. Most also fail for lack of a capability; what only the filter stops has a control."""
from pair import refuse
from rows import NotApplicable, attack

DENIED = ("EPERM", "EACCES", "ENOSYS", "EAFNOSUPPORT", "EPROTONOSUPPORT")


def calls(pair, code, places=("user", "secure")):
    """Runs code that tells {name: answer}, and demands that each answer is a refusal."""
    for place in places:
        answers = pair.python(code, place)
        done = {name: answer for name, answer in answers.items() if answer not in DENIED}
        refuse(done, f"{place}: {done}")
    return ", ".join(f"{name} {answer}" for name, answer in answers.items())


@attack("F1", "unshare: user, mount, PID, network, IPC, cgroup and UTS namespaces", "EPERM", "seccomp",
        guarantee="G8", needs=["python3"], controls=["call:unshare"])
def unshare(pair):
    return calls(pair, """
def child(flags):
    pid = os.fork()
    if pid == 0: os._exit(0 if isinstance(sc("unshare", flags), int) else 1)
    return "done" if os.waitpid(pid, 0)[1] == 0 else "EPERM"
tell({hex(f): child(f) for f in (0x10000000, 0x10020000, 0x30000000, 0x50000000, 0x18000000, 0x12000000, 0x14000000, 0x20000, 0x80)})""")


@attack("F2", "clone with each CLONE_NEW flag", "EPERM", "seccomp on the flag bits", guarantee="G8",
        needs=["python3"], controls=["call:clone"])
def clone(pair):
    return calls(pair, """
def child(flags):
    answer = sc("clone", flags | signal.SIGCHLD, 0, 0, 0, 0)
    if answer == 0: os._exit(0)
    if isinstance(answer, int): os.waitpid(answer, 0); return "done"
    return answer
tell({hex(f): child(f) for f in (0x10000000, 0x10020000, 0x2000000, 0x4000000, 0x8000000, 0x20000000, 0x40000000, 0x20000)})""")


@attack("F3", "clone3 with CLONE_NEWUSER", "ENOSYS; libc falls back to clone", "seccomp", guarantee="G8",
        needs=["python3"], controls=["call:clone3"])
def clone3(pair):
    return calls(pair, """
def child(flags):
    answer = sc("clone3", struct.pack("8Q", flags, 0, 0, 0, signal.SIGCHLD, 0, 0, 0), 64)
    if answer == 0: os._exit(0)
    if isinstance(answer, int): os.waitpid(answer, 0); return "done"
    return answer
tell({"CLONE_NEWUSER": child(0x10000000), "plain": child(0)})""")


@attack("F4", "setns into namespaces of /proc and of pidfds", "EPERM", "seccomp; no capability", guarantee="G8",
        needs=["python3"], no_control="a namespace of one's own cannot be entered without a capability either")
def setns(pair):
    return calls(pair, """
answers = {n: sc("setns", os.open(f"/proc/self/ns/{n}", os.O_RDONLY), 0) for n in ("mnt", "pid", "net", "ipc", "uts", "cgroup")}
answers["pidfd"] = sc("setns", os.pidfd_open(os.getpid()), 0x20000)
tell(answers)""")


@attack("F5", "mount, umount, bind, and the file descriptor API of mounts; also in a user namespace",
        "EPERM or ENOSYS", "no capability; seccomp", guarantee="G8", needs=["python3"], controls=["seccomp"])
def mount(pair):
    return calls(pair, """
def tries():
    return {"mount": sc("mount", b"none", b"/tmp", b"tmpfs", 0, 0), "bind": sc("mount", b"/etc", b"/tmp", 0, 4096, 0), "umount": sc("umount2", b"/proc", 2),
            "fsopen": sc("fsopen", b"tmpfs", 0), "open_tree": sc("open_tree", -100, b"/tmp", 1), "move_mount": sc("move_mount", -1, b"", -100, b"/tmp", 4),
            "fsmount": sc("fsmount", -1, 0, 0), "fspick": sc("fspick", -100, b"/tmp", 0), "mount_setattr": sc("mount_setattr", -100, b"/", 0, bytes(32), 32),
            "open_tree_attr": sc("open_tree_attr", -100, b"/tmp", 1, 0, 0)}
answers = tries()
reader, writer = os.pipe()
if os.fork() == 0:
    sc("unshare", 0x10020000)
    os.write(writer, json.dumps(sc("mount", b"none", b"/tmp", b"tmpfs", 0, 0)).encode()); os._exit(0)
answers["mount in a user namespace"] = json.loads(os.read(reader, 100))
tell(answers)""")


@attack("F6", "chroot and pivot_root", "EPERM", "no capability; seccomp", guarantee="G8", needs=["python3"],
        no_control="no capability; F5 shows the filter")
def chroot(pair):
    return calls(pair, 'tell({"chroot": sc("chroot", b"/tmp"), "pivot_root": sc("pivot_root", b"/tmp", b"/tmp")})')


@attack("F11", "open_by_handle_at with guessed handles (shocker)", "EPERM", "no capability; seccomp", guarantee="G8",
        needs=["python3"], no_control="no capability")
def guess_handles(pair):
    return calls(pair, """
tell({f"inode {n}": sc("open_by_handle_at", os.open("/", os.O_RDONLY), struct.pack("Iiii", 8, 1, n, 0), 0) for n in (2, 11, 128)})""")


@attack("F12", "name_to_handle_at of /proc entries and namespaces, then open_by_handle_at",
        "the name is given, opening is EPERM", "open_by_handle_at is denied", guarantee="G8", needs=["python3"],
        no_control="pidfs lets anybody open its own handles on new kernels: nothing is gained by it")
def own_handles(pair):
    return calls(pair, """
buffer, mount = ctypes.create_string_buffer(136), ctypes.c_int()
answers = {}
for path in (b"/proc/self/ns/mnt", b"/tmp"):
    struct.pack_into("I", buffer, 0, 128)
    sc("name_to_handle_at", -100, path, buffer, ctypes.byref(mount), 0x400)
    answers[path.decode()] = sc("open_by_handle_at", -100, buffer, 0)
tell(answers)""")


@attack("F13", "keyctl, add_key, request_key", "ENOSYS", "seccomp: keyrings belong to a uid, not to a namespace",
        guarantee="G8", needs=["python3"], controls=["call:keyctl"])
def keyrings(pair):
    return calls(pair, """
tell({"session": sc("keyctl", 0, -3, 1), "persistent": sc("keyctl", 22, -1, -3), "add_key": sc("add_key", b"user", b"a", b"b", 1, -3), "request_key": sc("request_key", b"user", b"a", 0, 0)})""")


@attack("F14", "bpf: load a program, make a map", "EPERM", "seccomp; no capability", guarantee="G8",
        needs=["python3"], no_control="unprivileged bpf is off in most kernels")
def bpf(pair):
    return calls(pair, """
tell({"map": sc("bpf", 0, struct.pack("IIII", 2, 4, 4, 1) + bytes(112), 128), "program": sc("bpf", 5, struct.pack("II", 1, 2) + bytes(120), 128)})""")


@attack("F15", "io_uring", "ENOSYS", "seccomp: its operations pass by every filter", guarantee="G8",
        needs=["python3"], controls=["call:io_uring_setup"])
def io_uring(pair):
    return calls(pair, 'tell({"setup": sc("io_uring_setup", 4, bytes(120)), "enter": sc("io_uring_enter", -1, 0, 0, 0, 0, 0), "register": sc("io_uring_register", -1, 0, 0, 0)})')


@attack("F16", "userfaultfd", "EPERM", "seccomp; no /dev/userfaultfd", guarantee="G8", needs=["python3"],
        controls=["call:userfaultfd"])
def userfaultfd(pair):
    return calls(pair, 'tell({"user mode": sc("userfaultfd", 1), "full": sc("userfaultfd", 0), "device": "EPERM" if not os.path.exists("/dev/userfaultfd") else "there"})')


@attack("F17", "perf_event_open", "EPERM", "seccomp", guarantee="G8", needs=["python3"],
        no_control="without it perf_event_paranoid and missing counters decide")
def perf(pair):
    return calls(pair, 'tell({"clock": sc("perf_event_open", struct.pack("IIQ", 1, 128, 0) + bytes(112), 0, -1, -1, 0), "cycles": sc("perf_event_open", struct.pack("IIQQQQQ", 0, 128, 0, 0, 0, 0, 1 << 5) + bytes(72), 0, -1, -1, 0)})')


@attack("F18", "kexec, modules, reboot, swap, clocks, host names, accounting, quotas, the kernel's log", "EPERM",
        "no capability; seccomp", guarantee="G8", needs=["python3"],
        no_control="no capability; the container's own limits")
def administration(pair):
    return calls(pair, """
tell({"kexec_load": sc("kexec_load", 0, 0, 0, 0), "init_module": sc("init_module", 0, 0, b""), "finit_module": sc("finit_module", 0, b"", 0), "delete_module": sc("delete_module", b"a", 0),
      "reboot": sc("reboot", 0xfee1dead, 672274793, 0, 0), "swapon": sc("swapon", b"/tmp/a", 0), "swapoff": sc("swapoff", b"/tmp/a"), "settimeofday": sc("settimeofday", bytes(16), 0),
      "clock_settime": sc("clock_settime", 0, bytes(16)), "sethostname": sc("sethostname", b"a", 1), "setdomainname": sc("setdomainname", b"a", 1), "acct": sc("acct", b"/tmp/a"),
      "quotactl": sc("quotactl", 0x80000700, b"/dev/null", 0, 0), "syslog": sc("syslog", 4, 0, 0), "fanotify": sc("fanotify_init", 0, 0), "vhangup": sc("vhangup")})""")


@attack("F19", "every socket family from 0 to 50; netlink protocols",
        "UNIX, INET, INET6 and NETLINK alone; of netlink ROUTE and SOCK_DIAG",
        "seccomp: rare families are where kernel bugs live", guarantee="G8", needs=["python3"],
        controls=["call:socket"])
def families(pair):
    for place in ("user", "secure"):
        opened = pair.python("""
def opens(*arguments): return isinstance(attempt(lambda: socket.socket(*arguments).detach()), int)
families = [f for f in range(51) if any(opens(f, kind, 0) for kind in (1, 2, 3, 5))]
tell([families, [p for p in range(32) if opens(16, 3, p)]])""", place)
        refuse(set(opened[0]) - {1, 2, 10, 16}, f"{place}: families {opened[0]}")
        refuse(set(opened[1]) - {0, 4}, f"{place}: netlink protocols {opened[1]}")
    return f"families {opened[0]}, netlink {opened[1]}"


@attack("F20", "system calls of other architectures: int 0x80, x32", "the process is killed (SIGSYS)",
        "seccomp: one architecture", guarantee="G8", needs=["python3"], controls=["seccomp"],
        test="SystemCallTests/foreign call gates end the process")
def foreign_calls(pair):
    code = """
if not X86: tell(None); sys.exit()
def run(body):
    pid = os.fork()
    if pid == 0: body(); os._exit(0)
    status = os.waitpid(pid, 0)[1]
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
def int80():
    # mov eax, 20 (getpid); int 0x80; ret
    page = mmap.mmap(-1, 4096, prot=7); page.write(bytes.fromhex("b814000000cd80c3"))
    ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
tell({"int 0x80": run(int80), "x32": run(lambda: raw(0x40000000 | 39))})"""
    for place in ("user", "secure"):
        ends = pair.python(code, place)
        if ends is None:
            raise NotApplicable("this architecture has one call gate")
        refuse(set(ends.values()) != {31}, f"{place}: ended by signals {ends}")
    return f"{ends}: SIGSYS"


@attack("F21", "TIOCSTI, TIOCSTI + 2^32, TIOCLINUX, TIOCSETD on the controlling terminal", "EPERM",
        "seccomp, compares 32 bits; an own session and terminal", guarantee="G8", needs=["python3"],
        controls=["call:ioctl"])
def type_ahead(pair):
    code = """
import pty, termios
pid, master = pty.fork()
if pid == 0:
    libc = ctypes.CDLL(None, use_errno=True); libc.syscall.restype = ctypes.c_long
    def ioctl(request):
        ctypes.set_errno(0)
        answer = libc.syscall(ctypes.c_long(16 if X86 else 29), ctypes.c_long(0), ctypes.c_ulong(request), ctypes.c_char_p(b"x"))
        return errno.errorcode[ctypes.get_errno()] if answer < 0 else answer
    print("RESULT" + json.dumps({"TIOCSTI": ioctl(0x5412), "TIOCSTI + 2^32": ioctl(0x100005412), "TIOCLINUX": ioctl(0x541C), "TIOCSETD": ioctl(0x5423)}), flush=True); os._exit(0)
out = b""
while True:
    try: piece = os.read(master, 1000)
    except OSError: break
    if not piece: break
    out += piece
tell(json.loads(out.decode().split("RESULT")[1].splitlines()[0]))"""
    return calls(pair, code)


@attack("F23", "a tracer changes its child's call into a denied one", "still denied",
        "seccomp runs after ptrace (Linux 4.8)", guarantee="G8", no_control="the kernel's order", needs=["python3"],
        test="SystemCallTests/a traced call that is changed to a forbidden one is still refused")
def change_call(pair):
    code = """
if not X86: tell(None); sys.exit()
pid = os.fork()
if pid == 0:
    sc("ptrace", 0, 0, 0, 0); os.kill(os.getpid(), signal.SIGSTOP)
    os._exit(0 if isinstance(raw(102, 0x10000000), int) and os.readlink("/proc/self/ns/user") == before else 7)
before = os.readlink("/proc/self/ns/user")
os.waitpid(pid, 0)
registers = ctypes.create_string_buffer(216)
namespaces, denied = set(), 0
for _ in range(400):
    if sc("ptrace", 24, pid, 0, 0) != 0: break
    if os.WIFEXITED(os.waitpid(pid, 0)[1]): break
    namespaces.add(attempt(lambda: os.readlink(f"/proc/{pid}/ns/user")))
    if sc("ptrace", 12, pid, 0, registers) != 0: break
    # orig_rax, and rax: getuid becomes unshare.
    if struct.unpack_from("q", registers, 120)[0] == 102:
        struct.pack_into("q", registers, 120, 272); sc("ptrace", 13, pid, 0, registers); denied += 1
attempt(lambda: os.kill(pid, 9))
tell([denied, len(namespaces)])"""
    answer = pair.python(code.replace("pid = os.fork()", "before = os.readlink('/proc/self/ns/user')\npid = os.fork()", 1))
    if answer is None:
        raise NotApplicable("the registers are those of x86-64")
    refuse(answer[1] != 1, "the child came into another user namespace")
    return f"{answer[0]} changed calls, all refused"


@attack("F24", "a filter with a listener that fakes answers for a child", "allowed, for one's own children",
        "it can only fake what its own child sees", guarantee="G8", accepted=True)
def fake_answers(pair):
    return "not tried: no effect outside the process tree that asked for it"


@attack("F25", "prctl: PR_SET_MM, PR_SET_DUMPABLE, PR_SET_PTRACER, PR_SET_CHILD_SUBREAPER", "no effect outside",
        "no capability", guarantee="G8", needs=["python3"], no_control="nothing is switched off")
def prctl(pair):
    answers = pair.python("""
tell({"mm": sc("prctl", 35, 8, 0, 0, 0), "dumpable": sc("prctl", 4, 0, 0, 0, 0), "ptracer": sc("prctl", 0x59616d61, -1, 0, 0, 0), "subreaper": sc("prctl", 36, 1, 0, 0, 0),
      "nnp off": sc("prctl", 38, 0, 0, 0, 0), "securebits": sc("prctl", 28, 0, 0, 0, 0), "ambient": sc("prctl", 47, 2, 21, 0, 0)})""")
    refuse(any(answers[name] == 0 for name in ("mm", "nnp off", "securebits", "ambient")), f"{answers}")
    return ", ".join(f"{name} {answer}" for name, answer in answers.items())


@attack("F29", "personality for executable data, and modify_ldt", "EPERM", "seccomp: known values alone",
        guarantee="G8", needs=["python3"], controls=["call:personality", "call:modify_ldt"])
def personality(pair):
    seen = calls(pair, """
tell({"READ_IMPLIES_EXEC": sc("personality", 0x400000), "ADDR_COMPAT_LAYOUT": sc("personality", 0x200000), "BSD": sc("personality", 6), "modify_ldt": sc("modify_ldt", 0, bytes(64), 64)})""")
    fixed = pair.python("tell(sc('personality', 0x40000))", "secure")
    refuse(fixed != "EPERM", f"a cell may fix addresses: {fixed}")
    return seen


@attack("F32", "a filter against oneself; a hundred filters in one another", "one's own process alone", "allowed",
        guarantee="G8", needs=["python3"], no_control="nothing is switched off")
def own_filters(pair):
    loaded = pair.python("""
code = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7fff0000))
program = struct.pack("HxxxxxxQ", 1, ctypes.addressof(code))
tell(sum(1 for _ in range(100) if sc("seccomp", 1, 0, program) == 0))""")
    return f"{loaded} filters loaded; the API answers"
