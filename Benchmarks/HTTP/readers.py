"""A thousand callers of POST /api/execute/stream at once: each must get all of its output and its exit code."""

import json
import os
import resource
import selectors
import socket
import time

from client import request
from execute import SESSIONLESS
from pair import USER, Failure, Pair, descriptors, rss
from table import heading, mib, ms, quantile, table

PATIENCE = 120.0


def measure(programs, count, port=0):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + 100:
        raise Failure(f"readers: the limit on open files is {hard}: raise it with ulimit -n")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, count + 4096)), hard))
    options = [f"--server-max-loopback-connections={count * 2}", f"--process-slots={count + 64}", "--cell-slots=16"]
    with Pair(programs, *options, port=port) as pair:
        gate = f"{pair.workspace}/gate"
        os.mkfifo(gate, 0o666)
        os.chown(gate, USER, USER)
        heading(f"{count} streams at once, each of a command that waits until all have begun")
        for title, sessions in (
            ("8 sessions", [f"bench-{number}" for number in range(8)]), ("sessionless", [SESSIONLESS]),
        ):
            Readers(pair, count, sessions, gate).run(title)


class Readers:
    def __init__(self, pair, count, sessions, gate):
        self.pair, self.count, self.gate = pair, count, gate
        # Opening a FIFO waits for its writer: no process polls. The output after it proves that nothing got lost.
        command = f"echo here; : <{gate}; echo there; exit 7"
        self.requests = [
            request("POST", "/api/execute/stream", {"command": command, "sessionId": sessions[number % len(sessions)]})
            for number in range(count)
        ]
        self.state = [{"data": b""} for _ in range(count)]
        self.problems = {}

    def sample(self, name):
        server, helper = self.pair.server, self.pair.pid
        return [
            name, mib(rss(server)), str(descriptors(server)), mib(rss(helper)), str(descriptors(helper)),
            str(len(self.pair.inside())),
        ]

    def run(self, title):
        rows = [self.sample(f"{title}: before")]
        selector = selectors.EpollSelector()
        begun = time.perf_counter()
        for number in range(self.count):
            connection = socket.socket()
            connection.setblocking(False)
            connection.connect_ex(("127.0.0.1", self.pair.port))
            self.state[number]["begun"] = time.perf_counter()
            selector.register(connection, selectors.EVENT_WRITE, number)
            self.pump(selector, b'"data":"here\\n"', "here", 0)
        while not self.all_have("here") and time.perf_counter() - begun < PATIENCE:
            self.pump(selector, b'"data":"here\\n"', "here", 1)
        opened = time.perf_counter() - begun
        rows.append(self.sample("all have begun"))
        released = time.perf_counter()
        # Held to the end: a command that has said so may not have come to the gate yet.
        writer = os.open(self.gate, os.O_WRONLY | os.O_NONBLOCK)
        while not self.all_have("end") and time.perf_counter() - released < PATIENCE:
            self.pump(selector, b"\r\n0\r\n\r\n", "end", 1)
        rows.append(self.sample("all are complete"))
        os.close(writer)
        for key in list(selector.get_map().values()):
            key.fileobj.close()
        selector.close()
        # For what ends shortly after a connection does; a leak does not.
        time.sleep(3)
        rows.append(self.sample("3 s after the callers went"))
        self.judge()
        table([title, "server RSS", "fds", "helper RSS", "fds", "processes inside"], rows)
        connected = [state["sent"] - state["begun"] for state in self.state if "sent" in state]
        here = [state["here"] - state["begun"] for state in self.state if "here" in state]
        there = [state["end"] - released for state in self.state if "end" in state]
        table(
            ["phase", "readers", "p50", "last"],
            [["connect", str(len(connected)), ms(quantile(connected, 0.5)), ms(max(connected, default=0))],
             ["connect to first output", str(len(here)), ms(quantile(here, 0.5)), ms(max(here, default=0))],
             ["all together to first output", str(len(here)), "", ms(opened)],
             ["release to complete", str(len(there)), ms(quantile(there, 0.5)), ms(max(there, default=0))]],
        )
        # The kernel sends a connection's first packet again after a second when the listener's queue was full.
        late = sum(seconds > 0.9 for seconds in connected)
        if late:
            print(f"{late} connections had to be asked for again: the listener's queue was full")
        for text, count in self.problems.items():
            print(f"wrong: {count} x {text}")
        whole = self.count - sum(self.problems.values())
        print(f"{whole} of {self.count} streams were whole: start, here, there, complete with exit code 7")
        print(flush=True)

    def send(self, selector, key, state):
        """The connection stands, or was refused."""
        state["sent"] = time.perf_counter()
        try:
            key.fileobj.sendall(self.requests[key.data])
            selector.modify(key.fileobj, selectors.EVENT_READ, key.data)
        except OSError:
            selector.unregister(key.fileobj)
            key.fileobj.close()
            state["closed"] = True

    def all_have(self, name):
        return all(name in state or "closed" in state for state in self.state)

    def pump(self, selector, mark, name, timeout):
        """Reads what is there, and notes when an answer holds the mark for the first time, or is over."""
        for key, _ in selector.select(timeout):
            state = self.state[key.data]
            if "sent" not in state:
                self.send(selector, key, state)
                continue
            try:
                piece = key.fileobj.recv(65536)
            except ConnectionError:
                piece = b""
            state["data"] += piece
            if name not in state and mark in state["data"]:
                state[name] = time.perf_counter()
            if not piece:
                selector.unregister(key.fileobj)
                key.fileobj.close()
            if not piece or state["data"][9:12] not in (b"", b"200"):
                state["closed"] = True

    def judge(self):
        for state in self.state:
            data = state["data"]
            if data[9:12] != b"200":
                problem = (data[:12] + b" " + data.partition(b"\r\n\r\n")[2][:200]).decode(errors="replace")
            else:
                frames = [line[6:] for line in data.split(b"\n") if line.startswith(b"data: ")]
                found = [json.loads(frame) for frame in frames]
                output = "".join(event.get("data", "") for event in found if event["type"] == "stdout")
                kinds = [event["type"] for event in found]
                last = found[-1] if found else {}
                if kinds[:1] == ["start"] and output == "here\nthere\n" and last.get("type") == "complete" \
                        and last.get("exitCode") == 7:
                    continue
                problem = f"events {kinds}, output {output!r}, exit code {last.get('exitCode')}"
            self.problems[problem] = self.problems.get(problem, 0) + 1
