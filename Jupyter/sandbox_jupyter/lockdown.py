"""The last step down, before anything else is read: from here on this process can start no program.

The helper hands over what this process needs as descriptors (LISTEN_FDS, LISTEN_FDNAMES; sd_listen_fds(3)): its
channel, the token in a sealed file, and the filter that denies execve in another.
"""
import ctypes
import errno
import os
import struct

FIRST = 3
_PR_SET_DUMPABLE = 4
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2


class _Program(ctypes.Structure):
    """struct sock_fprog, linux/filter.h."""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def inherited():
    """Descriptor numbers by name."""
    names = os.environ.get("LISTEN_FDNAMES", "").split(":")
    if os.environ.get("LISTEN_FDS") != str(len(names)):
        raise SystemExit("sandbox-jupyter: LISTEN_FDS and LISTEN_FDNAMES do not agree; it is started by ns-helper")
    numbers = {name: FIRST + index for index, name in enumerate(names)}
    for name in ("helper", "token", "filter"):
        if name not in numbers:
            raise SystemExit("sandbox-jupyter: LISTEN_FDNAMES must name %s; it is started by ns-helper" % name)
    for number in numbers.values():
        os.set_inheritable(number, False)
    return numbers


def read_file(descriptor):
    """A sealed file's content. Its offset belongs to everybody who holds it, so it is not used."""
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def give_up_programs(filter_descriptor):
    """Installs the filter and proves it. There is one thread yet, so no other is left without (seccomp(2))."""
    libc = ctypes.CDLL(None, use_errno=True)
    code = read_file(filter_descriptor)
    os.close(filter_descriptor)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // struct.calcsize("<HBBI"), ctypes.cast(buffer, ctypes.c_void_p))
    if libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        raise SystemExit("sandbox-jupyter: its seccomp filter is refused: %s" % os.strerror(ctypes.get_errno()))
    # Nobody of this uid reads this process's memory or descriptors.
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise SystemExit("sandbox-jupyter: PR_SET_DUMPABLE is refused")
    try:
        os.execv("/proc/self/does-not-exist", ["x"])
    except OSError as error:
        if error.errno != errno.EPERM:
            raise SystemExit("sandbox-jupyter: its seccomp filter does not deny execve")
