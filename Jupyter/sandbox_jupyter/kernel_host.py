"""Runs one kernel where user code lives. Started by ns-helper, with a socket to the control namespace as stdin.

The first line that comes in says which kernel; with it come its five listening sockets. A line goes back when it is
ready. The second line says in which directory it is wanted; after that the socket is gone, and nothing but the kernel's
own five sockets leads out of here.
"""
import json
import os
import socket
import sys
import threading

CHANNELS = ("shell", "iopub", "stdin", "control", "hb")


def receive_order(leash):
    """The first line and the listening sockets' descriptors."""
    line, descriptors = b"", []
    while not line.endswith(b"\n"):
        part, new, _, _ = socket.recv_fds(leash, 65536, len(CHANNELS))
        if not part:
            raise SystemExit(1)
        line += part
        descriptors += new
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    return json.loads(line), descriptors


def say(leash, **answer):
    leash.sendall(json.dumps(answer).encode() + b"\n")


def serve_leash(leash, prepare):
    """Waits until somebody wants the kernel. In a thread of its own: the kernel is idle, and may wait for long."""
    line = b""
    while not line.endswith(b"\n"):
        part = leash.recv(65536)
        if not part:
            return
        line += part
    wanted, number = json.loads(line), 0
    try:
        os.chdir(wanted["directory"])
    except OSError as error:
        number = error.errno
    prepare()
    say(leash, errno=number)
    leash.close()


def adopt_sockets(order, descriptors):
    """Lets ZeroMQ listen on the sockets that came, whatever it is asked to bind (ZMQ_USE_FD, zmq_setsockopt(3))."""
    import zmq

    given = {
        "ipc://%s-%d" % (order["ip"], order[channel + "_port"]): descriptor
        for channel, descriptor in zip(CHANNELS, descriptors)
    }
    bind = zmq.Socket.bind

    def bind_given(self, address):
        if address in given:
            self.setsockopt(zmq.USE_FD, given[address])
        return bind(self, address)

    zmq.Socket.bind = bind_given


def avoid_tcp():
    """Gives ipykernel Unix sockets where it would open TCP ports, which everybody could reach, for what code forks."""
    import atexit
    import shutil
    import tempfile

    import zmq

    # Kernels that were killed have left theirs.
    for name in os.listdir(tempfile.gettempdir()):
        parts = name.split("-")
        if parts[0] == "kernel" and len(parts) == 3 and not os.path.exists("/proc/" + parts[1]):
            shutil.rmtree(os.path.join(tempfile.gettempdir(), name), ignore_errors=True)
    directory = tempfile.mkdtemp(prefix="kernel-%d-" % os.getpid())
    owner = os.getpid()
    atexit.register(lambda: os.getpid() == owner and shutil.rmtree(directory, ignore_errors=True))
    paths = {}
    connect = zmq.Socket.connect

    def bind_to_random_port(self, address, *arguments, **options):
        number = len(paths) + 1
        path = paths["%s:%d" % (address, number)] = "ipc://%s/%d" % (directory, number)
        self.bind(path)
        return number

    def connect_to_path(self, address):
        return connect(self, paths.get(address, address))

    zmq.Socket.bind_to_random_port = bind_to_random_port
    zmq.Socket.connect = connect_to_path


def kernel_application(order):
    """An ipykernel application for this order, without files of its own."""
    # The debugger listens on TCP, and takes long to import. ipykernel looks for it when a kernel is made, or first asked
    # about itself; it is to look now. User code may import it all the same.
    sys.modules["debugpy"] = None
    import ipykernel.debugger
    from ipykernel.kernelapp import IPKernelApp
    from traitlets.config import Config

    del sys.modules["debugpy"]
    if ipykernel.debugger._is_debugpy_available:
        raise ImportError("the kernel's debugger cannot be switched off")

    class Application(IPKernelApp):
        def init_connection_file(self):
            self.load_connection_info(dict(order, key=order["key"].encode()))

        def write_connection_file(self, **kwargs):
            pass

        def log_connection_info(self):
            pass

    settings = Config()
    # Many kernels share one home directory; none is to wait for another's lock.
    settings.HistoryManager.hist_file = ":memory:"
    # In a cell the environment forbids it: what lies in the workspace is anybody's.
    settings.InteractiveShellApp.ignore_cwd = bool(sys.flags.safe_path)
    options = {}
    if order["kernel_name"] == "bash":
        from bash_kernel.kernel import BashKernel

        write_at_once()
        options["kernel_class"] = BashKernel
    application = Application.instance(config=settings, **options)
    application.initialize([])
    return application


def write_at_once():
    """Takes away pexpect's pause of 50 ms before each line. It is for programs that ask for passwords, which switch echo
    off late; bash has none from the start, and gets the next line after its prompt only. At start these are 43 lines."""
    import pexpect

    class Spawn(pexpect.spawn):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            self.delaybeforesend = None

    pexpect.spawn = Spawn


def show_plain_values(shell):
    """Dictionaries and lists are shown as JSON too, for callers that have no notebook."""
    if shell is None:
        return
    formatter = shell.display_formatter.formatters["application/json"]

    def as_json(value):
        try:
            json.dumps(value)
        except (TypeError, ValueError, RecursionError):
            return None
        return value

    for kind in (dict, list):
        formatter.for_type(kind, as_json)


def run_deno(order, descriptors):
    """Starts Deno's kernel on the sockets; deno_sockets.c says how. Its connection file is in memory only."""
    import subprocess

    ports = {channel + "_port": number for number, channel in enumerate(CHANNELS, 1)}
    file = os.memfd_create("connection")
    connection = dict(ports, transport="tcp", ip="127.0.0.1", key=order["key"])
    os.write(file, json.dumps(dict(connection, signature_scheme=order["signature_scheme"])).encode())
    environment = dict(
        os.environ,
        LD_PRELOAD=os.path.join(os.path.dirname(os.path.abspath(__file__)), "deno_sockets.so"),
        SANDBOX_KERNEL_SOCKETS=",".join(map(str, descriptors)),
        # Values are shown to programs.
        NO_COLOR="1",
    )
    program = os.path.join(os.path.dirname(sys.executable), "deno")
    process = subprocess.Popen(
        [program, "jupyter", "--kernel", "--conn", "/proc/self/fd/%d" % file],
        env=environment, pass_fds=[*descriptors, file],
    )
    for descriptor in [*descriptors, file]:
        os.close(descriptor)
    return process


def main():
    leash = socket.socket(fileno=os.dup(0))
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    order, descriptors = receive_order(leash)
    # What lies beside this file is not for user code to import.
    sys.path = [path for path in sys.path if path != os.path.dirname(os.path.abspath(__file__))]
    if order["kernel_name"] == "deno":
        process = run_deno(order, descriptors)
        # It listens already: who connects before Deno is there waits.
        say(leash, ready=True)
        threading.Thread(target=serve_leash, args=(leash, lambda: None), daemon=True).start()
        code = process.wait()
        os._exit(code if code >= 0 else 128 - code)
    try:
        adopt_sockets(order, descriptors)
        avoid_tcp()
        application = kernel_application(order)
    except BaseException as error:
        say(leash, error="%s: %s" % (type(error).__name__, str(error)[:200]))
        raise
    say(leash, ready=True)
    shell = application.shell
    threading.Thread(target=serve_leash, args=(leash, lambda: show_plain_values(shell)), daemon=True).start()
    application.start()


if __name__ == "__main__":
    main()
