"""Lets user code use up everything that there is to use up, thing by thing, and tells what others noticed of it.

Started by scripts/benchmark-survival, for root.
"""

import argparse
import errno
import os
import shutil
import signal
import subprocess
import sys
import time

from probes import QUESTIONS, Probes

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Tests", "Python"))

from client import connect, exchange, request  # noqa: E402
from helper_client import USER as USER_NAMESPACE  # noqa: E402
from helper_client import Failed, Helper, read_all  # noqa: E402
from pair import USER, Failure, Pair  # noqa: E402
from table import heading, quantile, table  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


class Contained:
    """Limits as a container engine sets them around everything, where the machine has cgroup version 1: without them a
    bomb would be the machine's, and processors would be shared by session instead of by priority."""

    ROOT = "/sys/fs/cgroup"
    LIMITS = {"memory": ("memory.limit_in_bytes", None), "cpu": ("cpu.shares", 1024), "pids": ("pids.max", 4096)}

    def __init__(self, mebibytes):
        self.name, self.bytes = f"sandbox-survival-{os.getpid()}", mebibytes << 20
        self.homes = {}

    def __enter__(self):
        with open("/proc/self/cgroup", encoding="ascii") as file:
            fields = [line.split(":") for line in file.read().splitlines()]
        places = {name: place for _, names, place in fields for name in names.split(",")}
        for controller, (file, value) in self.LIMITS.items():
            if controller not in places or not os.path.exists(f"{self.ROOT}/{controller}/tasks"):
                continue
            path = f"{self.ROOT}/{controller}/{self.name}"
            os.mkdir(path)
            write(f"{path}/{file}", value or self.bytes)
            self.homes[path] = f"{self.ROOT}/{controller}{places[controller]}"
            write(f"{path}/cgroup.procs", os.getpid())
        return self

    def __exit__(self, *_):
        for path, home in self.homes.items():
            write(f"{home}/cgroup.procs", os.getpid())
            for _ in range(100):
                try:
                    os.rmdir(path)
                    break
                except OSError:
                    time.sleep(0.05)

    def __str__(self):
        if not self.homes:
            return "no limit around the pair: this machine has no cgroup version 1"
        return f"in a container of {self.bytes >> 20} MiB and 4096 processes (cgroup version 1)"


class SmallWorkspace(Pair):
    """A pair whose workspace is full soon."""

    def make_workspace(self):
        super().make_workspace()
        options = f"size=32m,nr_inodes=4096,mode=2775,uid={USER},gid={USER}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.workspace], check=True)

    def __exit__(self, *_):
        super().__exit__()
        subprocess.run(["umount", "-l", self.workspace], check=False)
        os.rmdir(self.workspace)


def write(path, value):
    with open(path, "w", encoding="ascii") as file:
        file.write(str(value))


class Attack:
    """One of them: what it is called, and what is started in `user`."""

    def __init__(self, name, *arguments, floods=0, pair=Pair):
        self.name, self.arguments, self.floods, self.pair = name, arguments, floods, pair

    def begin(self, pair, helper, mebibytes):
        """Starts it and returns when it does harm."""
        values = {"port": pair.port, "workspace": pair.workspace, "mebibytes": mebibytes}
        arguments = [text.format(**values) for text in self.arguments]
        if self.floods:
            return self.flood(pair)
        argv = ["/usr/bin/python3", f"{pair.workspace}/bombs.py", *arguments]
        _, _, output = helper.spawn(argv, cwd=pair.workspace, namespace=USER_NAMESPACE)
        read_all(output, until=b"armed\n")
        return [output]

    def flood(self, pair):
        """Half of the callers read nothing of a stream, the other half wait for an answer that never comes."""
        callers = []
        for number in range(self.floods):
            path = "/api/execute/stream" if number % 2 else "/api/execute"
            body = {"command": f"exec python3 {pair.workspace}/bombs.py flood", "sessionId": "__DISABLE_SESSION__"}
            caller = connect(pair.port, 60)
            caller.sendall(request("POST", path, body))
            callers.append(caller)
        return callers


ATTACKS = [
    Attack("fork bomb", "fork"),
    Attack("zombie flood", "zombies"),
    Attack("memory bomb, 8 processes", "memory", "{mebibytes}"),
    Attack("descriptor bomb, 100 processes", "descriptors"),
    Attack("full /tmp, home, /dev/shm", "fill", "/tmp", "/home/user", "/dev/shm"),
    Attack("full /workspace", "fill", "{workspace}", pair=SmallWorkspace),
    Attack("output flood, 8 commands", floods=8),
    Attack("SIGSTOP storm", "stop"),
    Attack("CPU hogs, 64 processes", "hogs", "64"),
    Attack("5000 idle connections", "idle", "{port}", "5000"),
    Attack("connection churn", "churn", "{port}"),
]


def measure(attack, programs, seconds, options, mebibytes):
    """Rows of both tables."""
    with attack.pair(programs, *options) as pair:
        shutil.copy(HERE + "/bombs.py", pair.workspace)
        os.chmod(pair.workspace + "/bombs.py", 0o644)
        helper = Helper(pair.runtime + "/helper.sock")
        pair.server = pair.find_server()
        with Probes(pair.port) as probes:
            # The first answers, from cold caches, are nobody's business.
            time.sleep(1)
            marks = [time.monotonic()]
            time.sleep(seconds)
            marks.append(time.monotonic())
            held = attack.begin(pair, helper, mebibytes)
            marks.append(time.monotonic())
            time.sleep(seconds * 2)
            marks.append(time.monotonic())
            begun = time.monotonic()
            helper.reset(USER_NAMESPACE)
            reset = time.monotonic() - begun
            again = until_again(helper)
            time.sleep(0.5)
            marks.append(time.monotonic())
            time.sleep(seconds)
            marks.append(time.monotonic())
        for end in held:
            os.close(end) if isinstance(end, int) else end.close()
        code, output = helper.run("find /tmp /dev/shm $HOME -mindepth 1 | wc -l; ps -e --no-headers | wc -l")
        restarts = helper.status()[3]
        helper.close()
    rows = []
    for name in QUESTIONS:
        row, refusals = [f"{attack.name}: {name}"], []
        for begin, end in ((marks[0], marks[1]), (marks[2], marks[3]), (marks[4], marks[5])):
            samples, refused = probes.between(name, begin, end)
            row += [short(quantile(samples, 0.5)), short(quantile(samples, 0.99))]
            refusals.append(f"{refused}/{len(samples)}")
        rows.append(row + [refusals[1]])
    files, running = output.decode().split()
    # The init, the shepherd, the shell, ps and wc.
    left = "nothing" if (files, running) == ("0", "5") else f"{files} files, {int(running) - 5} processes"
    return rows, [attack.name, short(reset), short(again), left, str(restarts)]


def until_again(helper):
    """Seconds until the first command has run in the new namespace: killed processes count until they are gone."""
    begun = time.monotonic()
    while True:
        try:
            if helper.run("true")[0] == 0:
                return time.monotonic() - begun
        except Failed as failure:
            if failure.errno != errno.EAGAIN:
                raise


def short(seconds):
    return f"{seconds * 1000:.1f}"


def main():
    parser = argparse.ArgumentParser(prog="benchmark-survival", description="What others notice of an attack. For root.")
    parser.add_argument("attacks", nargs="*", metavar="WORD", help="only attacks whose name holds one of these words")
    parser.add_argument("--programs", required=True, help="the directory of the pair's programs")
    parser.add_argument("--seconds", type=float, default=3, help="before and after each attack; twice during it (default 3)")
    parser.add_argument("--memory", type=int, default=1024, help="MiB that the pair may use (default 1024)")
    parser.add_argument("--helper-option", action="append", default=[], metavar="--NAME=VALUE", help="for ns-helper")
    options = parser.parse_args()
    wanted = [
        attack for attack in ATTACKS
        if not options.attacks or any(word in attack.name for word in options.attacks)
    ]
    if not wanted:
        parser.error("no attack has such a name")
    latencies, resets = [], []
    with Contained(options.memory) as container:
        heading(f"User code against the pair, {len(wanted)} attacks, {container}; milliseconds")
        # Where nothing else ends it, the bomb ends itself.
        bound = 0 if any("/memory/" in path for path in container.homes) else options.memory
        for attack in wanted:
            more, reset = measure(attack, options.programs, options.seconds, options.helper_option, bound)
            latencies += more
            resets.append(reset)
    table(["attack: asked", "p50 before", "p99", "p50 during", "p99", "p50 after", "p99", "not 200 during"], latencies)
    table(["attack", "reset user, ms", "a command again, ms", "left", "server restarts"], resets)


if __name__ == "__main__":
    # An end from outside must take the pair down too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except Failure as failure:
        sys.exit(f"benchmark-survival: {failure}")
