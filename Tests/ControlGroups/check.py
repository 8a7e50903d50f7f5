"""What the pair's own cgroups hold, with a real kernel's controllers. Run by scripts/test-cgroups.

Nothing here is timed: that machine is slow, and everything waits for what it asked.
"""

import json
import os
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "Python"), os.path.join(HERE, "..", "..", "Benchmarks", "HTTP")]

from client import connect, exchange, request  # noqa: E402
from helper_client import SECURE, USER, Failed, Helper, read_all  # noqa: E402
from pair import Pair  # noqa: E402

CONTAINER = "/sys/fs/cgroup/container"
MIB = 1 << 20
# Writes to ever more memory, in eight processes; whoever is killed is replaced.
MEMORY_BOMB = """
import os
def eat():
    held = []
    while True:
        held.append(b'x' * (4 << 20))
for number in range(1 << 30):
    if number >= 8: os.wait()
    if os.fork() == 0: eat()
    if number == 8: os.write(1, b'killed\\n')
"""
FORK_BOMB = """
import os, time
while True:
    try: os.fork()
    except OSError:
        os.write(1, b'full\\n')
        time.sleep(0.01)
"""


class Contained(Pair):
    """A pair in a container's cgroup, which is the root of its cgroup namespace."""

    def __init__(self, *options):
        super().__init__(sys.argv[1], *options)

    def __enter__(self):
        start = subprocess.Popen

        def contained(arguments, **further):
            entry = f"echo $$ > {CONTAINER}/cgroup.procs; exec unshare --cgroup -- \"$@\""
            return start(["sh", "-c", entry, "sh", *arguments], **further)

        subprocess.Popen = contained
        try:
            return super().__enter__()
        finally:
            subprocess.Popen = start

    def group(self, namespace):
        return f"{CONTAINER}/ns-helper-{self.pid}-{namespace}"

    def health(self):
        return json.loads(self.call("GET", "/health"))

    def call(self, method, path, body=None):
        with connect(self.port) as connection:
            status, data = exchange(connection, request(method, path, body))
        assert status == 200, (status, data)
        return data

    def execute(self, command, **further):
        body = {"command": command, "sessionId": "__DISABLE_SESSION__", **further}
        return json.loads(self.call("POST", "/api/execute", body))["stdout"]


def content(path):
    with open(path, encoding="ascii") as file:
        return file.read()


def events(group, file, name):
    return int(dict(line.split() for line in content(f"{group}/{file}").splitlines())[name])


def start(helper, program, namespace):
    handle, _, output = helper.spawn(["/usr/bin/python3", "-c", program], namespace=namespace)
    return handle, output


def limits_are_told(pair, _):
    health = pair.health()
    assert all(row["held"] for row in health["guarantees"]), health["guarantees"]
    rows = {(row["name"], row["namespace"]): (row["value"], row["source"]) for row in health["limits"]}
    whole = int(content(CONTAINER + "/memory.max"))
    assert rows["memory", "user"] == (whole // 100 * 60, "controlGroup"), rows
    assert rows["memory", "secure"] == (whole // 100 * 25, "controlGroup"), rows
    # Half and a quarter of the container's 400.
    assert rows["processes", "user"] == (200, "resourceLimit") and rows["processes", "secure"][0] == 100, rows
    assert rows["processorWeight", "user"] == (50, "controlGroup"), rows
    for namespace, weight in (("control", 400), ("user", 50), ("secure", 100)):
        assert int(content(pair.group(namespace) + "/cpu.weight")) == weight
    assert events(pair.group("user"), "memory.events", "oom_kill") == 0


def everybody_is_in_their_group(pair, _):
    for namespace, further in (("user", {}), ("secure", {"env": {"TOKEN": "x"}})):
        own = pair.execute("cat /proc/self/cgroup", **further).strip().split("::")[1]
        assert own.startswith(f"/ns-helper-{pair.pid}-{namespace}/"), own
    for pid in (pair.pid, pair.server):
        assert content(f"/proc/{pid}/cgroup").strip().endswith("-control"), content(f"/proc/{pid}/cgroup")


def memory_ends_in_one_namespace(pair, helper, namespace, other, further):
    before = events(pair.group(other), "memory.events", "oom_kill")
    handle, output = start(helper, MEMORY_BOMB, namespace)
    read_all(output, b"killed\n")
    for _ in range(5):
        assert pair.health()["status"] == "healthy"
        assert pair.execute("echo on", **further) == "on"
    group = pair.group({USER: "user", SECURE: "secure"}[namespace])
    assert events(group, "memory.events", "oom_kill") > 0
    assert events(CONTAINER, "memory.events.local", "oom") == 0, "the container itself was out of memory"
    helper.terminate(handle, 0)
    helper.wait(handle)
    os.close(output)
    assert pair.find_server() == pair.server and pair.health()["serverRestarts"] == 0
    assert events(pair.group(other), "memory.events", "oom_kill") == before


def memory_bomb_in_user(pair, helper):
    memory_ends_in_one_namespace(pair, helper, USER, "secure", {"env": {"TOKEN": "x"}})


def memory_bomb_in_secure(pair, helper):
    memory_ends_in_one_namespace(pair, helper, SECURE, "user", {})


def fork_bomb(pair, helper):
    _, output = start(helper, FORK_BOMB, USER)
    read_all(output, b"full\n")
    for _ in range(5):
        assert pair.health()["status"] == "healthy"
        assert pair.execute("echo on", env={"TOKEN": "x"}) == "on"
    helper.reset(USER)
    os.close(output)
    assert pair.health()["serverRestarts"] == 0
    # The killed ones count against the uid until they are gone: that takes its time here, and has an end.
    while True:
        try:
            assert helper.run("echo again")[1] == b"again\n"
            break
        except Failed as failure:
            assert failure.errno == 11, failure
    assert helper.run("ps -e --no-headers | wc -l")[1].strip() == b"5"


def processes_of_a_generation(pair, helper):
    generation = max(int(name) for name in os.listdir(pair.group("user")) if name.isdigit())
    limit = int(content(f"{pair.group('user')}/{generation}/pids.max"))
    assert limit == 200 + 2 * 256, limit


def reset_leaves_no_group(pair, helper):
    for _ in range(20):
        helper.reset(USER)
        helper.reset(SECURE)
    helper.run("true")
    for namespace in ("user", "secure"):
        left = [name for name in os.listdir(pair.group(namespace)) if name.isdigit()]
        assert len(left) == 1, left


def container_out_of_memory(pair, helper):
    """Where user may have more than the container has, the container runs out, and user pays for it."""
    handle, output = start(helper, MEMORY_BOMB, USER)
    read_all(output, b"killed\n")
    for _ in range(3):
        assert pair.health()["status"] == "healthy"
    assert events(CONTAINER, "memory.events.local", "oom") > 0
    helper.terminate(handle, 0)
    helper.wait(handle)
    os.close(output)
    assert pair.find_server() == pair.server and pair.health()["serverRestarts"] == 0


def nothing_without(pair, helper):
    """The negative control: without cgroups the same bomb is the container's."""
    health = pair.health()
    assert [row["id"] for row in health["guarantees"] if not row["held"]] == ["G9"], health["guarantees"]
    assert {row["source"] for row in health["limits"] if row["name"] == "memory"} == {"container"}
    before = events(CONTAINER, "memory.events.local", "oom")
    container_out_of_memory(pair, helper)
    assert events(CONTAINER, "memory.events.local", "oom") > before


def run(options, checks):
    with Contained(*options) as pair:
        pair.server = pair.find_server()
        helper = Helper(pair.runtime + "/helper.sock")
        for check in checks:
            check(pair, helper)
            print(f"cgroups: ok {check.__name__.replace('_', ' ')}", flush=True)
        helper.close()
    left = [name for name in os.listdir(CONTAINER) if name.startswith("ns-helper-") and "control" not in name]
    assert not left, left
    for name in os.listdir(CONTAINER):
        if name.startswith("ns-helper-"):
            os.rmdir(f"{CONTAINER}/{name}")
    with open(CONTAINER + "/cgroup.subtree_control", "w", encoding="ascii") as file:
        file.write("-cpu -memory -pids")


def main():
    # An end within a minute less than the machine's own.
    deadline = threading.Timer(840, lambda: os._exit(1))
    deadline.daemon = True
    deadline.start()
    run([], [
        limits_are_told, everybody_is_in_their_group, memory_bomb_in_user, memory_bomb_in_secure, fork_bomb,
        processes_of_a_generation, reset_leaves_no_group,
    ])
    run(["--user-memory=200%"], [container_out_of_memory])
    run(["--cgroups=off"], [nothing_without])
    print("cgroups: all held", flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
