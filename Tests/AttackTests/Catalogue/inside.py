# Runs inside the sandbox, before the code of an attack: raw system calls and the words for their answers.
import ctypes, errno, json, mmap, os, platform, signal, socket, struct, subprocess, sys, time

X86 = platform.machine() == "x86_64"
_NUMBERS = {  # name: x86-64, arm64 (None: the architecture does not have it)
    "acct": (163, 89), "add_key": (248, 217), "bpf": (321, 280), "chroot": (161, 51), "clock_settime": (227, 112),
    "clone": (56, 220), "clone3": (435, 435), "delete_module": (176, 106), "fanotify_init": (300, 262),
    "finit_module": (313, 273), "fsconfig": (431, 431), "fsmount": (432, 432), "fsopen": (430, 430),
    "fspick": (433, 433), "getuid": (102, 174), "init_module": (175, 105), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "io_uring_setup": (425, 425), "ioperm": (173, None), "iopl": (172, None),
    "kcmp": (312, 272), "kexec_file_load": (320, 294), "kexec_load": (246, 104), "keyctl": (250, 219),
    "landlock_create_ruleset": (444, 444), "mbind": (237, 235), "migrate_pages": (256, 238), "mknodat": (259, 33),
    "modify_ldt": (154, None), "mount": (165, 40), "mount_setattr": (442, 442), "move_mount": (429, 429),
    "move_pages": (279, 239), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    "open_tree": (428, 428), "open_tree_attr": (467, 467), "perf_event_open": (298, 241), "personality": (135, 92),
    "pidfd_getfd": (438, 438), "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424), "pivot_root": (155, 41),
    "prctl": (157, 167), "prlimit64": (302, 261), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "ptrace": (101, 117), "quotactl": (179, 60), "reboot": (169, 142), "request_key": (249, 218),
    "sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119), "seccomp": (317, 277), "setdomainname": (171, 162),
    "sethostname": (170, 161), "setns": (308, 268), "setpriority": (141, 140), "settimeofday": (164, 170),
    "shmat": (30, 196), "shmctl": (31, 195), "shmget": (29, 194), "swapoff": (168, 225), "swapon": (167, 224),
    "syslog": (103, 116), "umount2": (166, 39), "unshare": (272, 97), "userfaultfd": (323, 282), "vhangup": (153, 58),
    "vmsplice": (278, 75),
}
_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long


def raw(number, *arguments):
    """A system call by number: its result, or the name of its error."""
    ctypes.set_errno(0)
    result = _LIBC.syscall(*[ctypes.c_long(a) if isinstance(a, int) else a for a in (number, *arguments)])
    return errno.errorcode[ctypes.get_errno()] if result == -1 else result


def sc(name, *arguments):
    """A system call by name; ENOSYS where the architecture has none of it."""
    number = _NUMBERS[name][0 if X86 else 1]
    return "ENOSYS" if number is None else raw(number, *arguments)


def attempt(body):
    """What a function returns, or the name of its OSError."""
    try:
        return body()
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))


def tell(value):
    """The attack's result, as the last line of its output."""
    print("\n" + json.dumps(value), flush=True)
