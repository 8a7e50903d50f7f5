"""A pair under measurement, with a workspace and ids of its own, and what the kernel says about its processes."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time

# Ids that nobody else on the machine is likely to have.
CONTROL, USER, SECURE = 94200, 94201, 94202


class Failure(Exception):
    """Something that ends a measurement with one line."""


class Pair:
    """ns-helper and sandbox-server from the directory `programs`, from `with` to its end."""

    def __init__(self, programs, *options, port=0):
        if os.geteuid() != 0:
            raise Failure("must be started by root: namespaces and uids are made here")
        self.programs, self.options, self.port = os.path.abspath(programs), options, port or free_port()
        # None of the places below /tmp, which is private inside the namespaces.
        self.workspace = f"/var/lib/sandbox-benchmark-{os.getpid()}"
        self.runtime = f"/run/sandbox-benchmark-{os.getpid()}"
        self.log = f"/var/log/sandbox-benchmark-{os.getpid()}.log"
        self.pid = self.server = None

    def __enter__(self):
        self.make_workspace()
        arguments = [
            f"{self.programs}/ns-helper", "--isolation=namespaces", f"--api-port={self.port}", "--jupyter-port=0",
            f"--workspace={self.workspace}", f"--socket={self.runtime}/helper.sock", f"--control-uid={CONTROL}",
            f"--control-gid={CONTROL}", f"--user-uid={USER}", f"--workspace-gid={USER}", f"--secure-uid={SECURE}",
            "--server-log-level=warning", *self.options,
        ]
        environment = {"PATH": os.defpath, "SWIFT_BACKTRACE": "enable=no"}
        with open(self.log, "wb") as log:
            # A session of its own: Ctrl-C is for the measurement, which then takes the pair down in order.
            self.process = subprocess.Popen(
                arguments, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self.pid = self.process.pid
        try:
            self.await_health()
            self.server = self.find_server()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            print("the pair did not stop in order")
        shutil.rmtree(self.workspace, ignore_errors=True)
        shutil.rmtree(self.runtime, ignore_errors=True)
        os.unlink(self.log)

    def make_workspace(self):
        os.mkdir(self.workspace)
        os.chown(self.workspace, USER, USER)
        os.chmod(self.workspace, 0o2775)

    def await_health(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                # Before the port is held a connection is refused; from then on it waits for the server.
                with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
                    connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    if b" 200 " in connection.recv(4096):
                        return
            except OSError:
                time.sleep(0.01)
        raise Failure("the pair did not come up:\n" + self.text())

    def text(self):
        """What the pair has said."""
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def find_server(self):
        """The server's pid now; another one than before means that it was restarted."""
        for pid, (parent, _) in processes().items():
            if parent == self.pid and executable(pid) == "sandbox-server":
                return pid
        raise Failure("there is no sandbox-server:\n" + self.text())

    def inside(self):
        """The pids of everything that runs in the sandbox: all that the helper began but the server and the inits."""
        table = processes()
        children = {}
        for pid, (parent, _) in table.items():
            children.setdefault(parent, []).append(pid)
        found, left = [], list(children.get(self.pid, []))
        while left:
            pid = left.pop()
            left += children.get(pid, [])
            if pid != self.server and not table[pid][1].startswith("ns-init"):
                found.append(pid)
        return found

    def mounts(self):
        """Mounts in all mount namespaces of the pair together."""
        pids = [self.pid] + [pid for pid, (parent, _) in processes().items() if parent == self.pid] + self.inside()
        spaces = {}
        for pid in pids:
            try:
                spaces.setdefault(os.readlink(f"/proc/{pid}/ns/mnt"), pid)
            except OSError:
                pass
        return sum(content(f"/proc/{pid}/mountinfo").count("\n") for pid in spaces.values())


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def content(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def executable(pid):
    """The name of its program; a process may call itself something else."""
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return ""


def processes():
    """Parent and name of every process, by pid. proc_pid_stat(5)."""
    table = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            found = re.fullmatch(r"\d+ \((.*)\) \S (\d+) .*", content(f"/proc/{name}/stat").strip(), re.DOTALL)
            if found:
                table[int(name)] = (int(found[2]), found[1])
    return table


def rss(pid):
    """Resident memory in MiB."""
    found = re.search(r"^VmRSS:\s+(\d+) kB", content(f"/proc/{pid}/status"), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def descriptors(pid):
    """How many descriptors it has open."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0
