"""Everything that callers do, wanted and unwanted, at once."""

import itertools
import json
import random
import socket
import threading
import time
import urllib.parse

from client import answer, connect, events, exchange, request
from execute import SESSIONLESS
from pair import Failure

# Seconds until an answer that is due at once is taken for lost.
PATIENCE = 20


class Wrong(Exception):
    """An answer that should not be."""


class Load:
    """The callers: one thread for each kind of work, again and again."""

    def __init__(self, pair, seed):
        self.pair, self.seed = pair, seed
        self.running, self.ending = threading.Event(), threading.Event()
        self.counts, self.wrong, self.lock = {}, {}, threading.Lock()
        self.busy = 0
        works = [self.session_commands] * 4 + [
            self.credentials, self.sessionless, self.streams, self.streams, self.leave_early, self.leave_early,
            self.processes, self.processes, self.files, self.raw, self.watches, self.bad_input, self.bad_input,
            self.sessions, self.shell_ends, self.caller_goes, self.ports,
        ]
        self.threads = [
            threading.Thread(target=self.work, args=(work, number), daemon=True) for number, work in enumerate(works)
        ]

    def start(self):
        self.running.set()
        for thread in self.threads:
            thread.start()

    def pause(self):
        self.running.clear()
        deadline = time.monotonic() + 60
        while self.busy and time.monotonic() < deadline:
            time.sleep(0.05)

    def work(self, work, number):
        random_numbers = random.Random(self.seed * 1000 + number)
        for turn in itertools.count():
            self.running.wait()
            if self.ending.is_set():
                return
            with self.lock:
                self.busy += 1
            problem = None
            try:
                work(number, turn, random_numbers)
            except (Wrong, Failure, OSError, ValueError, KeyError) as error:
                problem = f"{work.__name__}: {type(error).__name__} {error}"
            with self.lock:
                self.busy -= 1
                self.counts[work.__name__] = self.counts.get(work.__name__, 0) + 1
                if problem:
                    self.wrong[problem] = self.wrong.get(problem, 0) + 1
            time.sleep(random_numbers.uniform(0.01, 0.08))

    # What callers do. Each has a connection for itself.

    def call(self, method, path, body=None, expect=(200,)):
        with connect(self.pair.port, PATIENCE) as connection:
            status, data = exchange(connection, request(method, path, body))
        if status not in expect:
            text = data.decode(errors="replace")
            try:
                found = json.loads(data)
                text = f"{found['code']}: {found['message']}"
            except (ValueError, KeyError, TypeError):
                pass
            raise Wrong(f"{method} {path.partition('?')[0]}: HTTP {status} {text[:160]}")
        return json.loads(data)

    def execute(self, command, session, **fields):
        return self.call("POST", "/api/execute", {"command": command, "sessionId": session, **fields})

    def session_commands(self, number, turn, _):
        session = f"soak-{number}"
        self.execute(f"export TURN={turn}; cd /tmp; count() {{ seq 1 $1 | tail -n 1; }}", session)
        found = self.execute("echo $TURN $PWD $(count 20000); false", session)
        if (found["exitCode"], found["stdout"]) != (1, f"{turn} /tmp 20000"):
            raise Wrong(f"state of a session: {found['exitCode']} {found['stdout'][:80]!r}")
        if len(self.execute("seq 1 40000", session)["stdout"]) != 228893:
            raise Wrong("output of a session's command is not whole")
        self.execute("sleep 0.05 & :", session)

    def credentials(self, _, turn, __):
        found = self.execute("echo $SOAK_TOKEN; sleep 300 & :", f"soak-{turn % 4}", env={"SOAK_TOKEN": "value"})
        if (found["stdout"], found["namespace"]) != ("value", "secure"):
            raise Wrong(f"a command with a credential: {found['stdout'][:80]!r} in {found['namespace']}")

    def sessionless(self, *_):
        if self.execute("echo $((6 * 7))", SESSIONLESS)["stdout"] != "42":
            raise Wrong("output of a sessionless command")
        if self.execute("sleep 30", SESSIONLESS, timeoutMs=100)["exitCode"] != 124:
            raise Wrong("a timeout without 124")

    def streams(self, number, turn, random_numbers):
        session = SESSIONLESS if turn % 4 == 0 else f"soak-{random_numbers.randrange(4)}"
        lines = random_numbers.choice((1, 1, 1000, 40000))
        kinds, output = [], 0
        with connect(self.pair.port, PATIENCE) as connection:
            body = {"command": f"seq 1 {lines}; exit 5", "sessionId": session}
            connection.sendall(request("POST", "/api/execute/stream", body))
            try:
                for event in events(connection, PATIENCE):
                    kinds.append((event["type"], event.get("exitCode")))
                    output += event.get("data", "").count("\n")
            except TimeoutError:
                raise Wrong(f"a stream without its end, the last event is {kinds[-1:]}") from None
        if kinds[0][0] != "start" or kinds[-1] != ("complete", 5) or output != lines:
            raise Wrong(f"a stream of {lines} lines: {output} lines, {kinds[:1]} ... {kinds[-1:]}")

    def leave_early(self, number, turn, random_numbers):
        command = "seq 1 60000; sleep 0.3; seq 1 10" if turn % 2 else "for i in 1 2 3 4; do echo $i; sleep 0.1; done"
        session = random_numbers.choice((SESSIONLESS, f"soak-{random_numbers.randrange(4)}"))
        with connect(self.pair.port, PATIENCE) as connection:
            body = {"command": command, "sessionId": session}
            connection.sendall(request("POST", "/api/execute/stream", body))
            for _ in range(random_numbers.randrange(4)):
                if not connection.recv(4096):
                    raise Wrong("a stream was cut off")

    def processes(self, number, turn, random_numbers):
        session = random_numbers.choice((SESSIONLESS, f"soak-{random_numbers.randrange(4)}"))
        body = {"command": "echo up; (sleep 300 &) ; sleep 300", "sessionId": session}
        started = self.call("POST", "/api/process/start", body)
        path = f"/api/process/{started['processId']}"
        self.call("GET", path)
        deadline = time.monotonic() + PATIENCE
        while "up" not in self.call("GET", path + "/logs")["stdout"]:
            if time.monotonic() > deadline:
                raise Wrong("the log lacks a line")
        if turn % 3 == 0:
            self.call("GET", "/api/process/list")
        self.call("DELETE", path)
        status = self.call("GET", path)["process"]["status"]
        if status != "killed":
            raise Wrong(f"a killed process is {status}")

    def files(self, number, turn, random_numbers):
        folder = f"soak-{number}-{turn % 5}"
        self.call("POST", "/api/mkdir", {"path": f"{folder}/deep", "recursive": True})
        text = "ü" * random_numbers.randrange(1, 50000)
        self.call("POST", "/api/write", {"path": f"{folder}/a.txt", "content": text})
        if self.call("POST", "/api/read", {"path": f"{folder}/a.txt"})["content"] != text:
            raise Wrong("a file is not what was written")
        self.call("POST", "/api/rename", {"oldPath": f"{folder}/a.txt", "newPath": f"{folder}/deep/b.txt"})
        listing = self.call("POST", "/api/list-files", {"path": folder, "options": {"recursive": True}})
        if "b.txt" not in [entry["name"] for entry in listing["files"]]:
            raise Wrong("a file is not in its list")
        with connect(self.pair.port, PATIENCE) as connection:
            connection.sendall(request("POST", "/api/read/stream", {"path": f"{folder}/deep/b.txt"}))
            if turn % 2 and [event["type"] for event in events(connection, PATIENCE)][-1] != "complete":
                raise Wrong("a file's stream without its end")
        self.call("POST", "/api/delete", {"path": f"{folder}/deep/b.txt"})
        self.call("POST", "/api/read", {"path": f"{folder}/deep/b.txt"}, expect=(404,))

    def raw(self, number, turn, _):
        path = "/api/files/raw?path=" + urllib.parse.quote(f"{self.pair.workspace}/raw {turn % 3}", safe="")
        data = bytes([turn % 256]) * 1_000_000
        for is_whole in (True, False):
            with connect(self.pair.port, PATIENCE) as connection:
                connection.sendall(request("PUT", path, length=len(data)))
                connection.sendall(data if is_whole else data[:200_000])
                if is_whole and answer(connection)[0] != 200:
                    raise Wrong("PUT of a file failed")
        for is_whole in (True, False):
            with connect(self.pair.port, PATIENCE) as connection:
                connection.sendall(request("GET", path))
                if not is_whole:
                    connection.recv(1000)
                elif answer(connection) != (200, data):
                    raise Wrong("GET of a file is not what was put")

    def watches(self, number, turn, _):
        folder = f"{self.pair.workspace}/watched-{number}"
        self.call("POST", "/api/mkdir", {"path": folder, "recursive": True})
        checked = self.call("POST", "/api/watch/check", {"path": folder})
        with connect(self.pair.port, PATIENCE) as connection:
            connection.sendall(request("POST", "/api/watch", {"path": folder}))
            for event in events(connection, PATIENCE):
                if event["type"] == "watching":
                    self.call("POST", "/api/write", {"path": f"{folder}/file", "content": str(turn)})
                elif event["type"] == "event":
                    break
                else:
                    raise Wrong(f"a watch said {event['type']}")
        state = self.call("POST", "/api/watch/check", {"path": folder, "since": checked["version"]})["status"]
        if state != "changed":
            raise Wrong(f"a watch is {state} after a change")

    def bad_input(self, number, turn, random_numbers):
        refusals = (400, 404, 405, 413, 414, 431, 501)
        bodies = (
            None, [], "x", 7, {"command": 5}, {"command": ""}, {"path": "a\0b"}, {"path": "x" * 5000}, {"port": -1},
        )
        paths = ("/api/execute", "/api/execute/stream", "/api/read", "/api/write", "/api/process/start", "/api/watch",
                 "/api/expose-port", "/api/port-watch", "/api/git/checkout", "/nothing/here")
        self.call("POST", random_numbers.choice(paths), random_numbers.choice(bodies), refusals)
        garbage = (
            b"GARBAGE\r\n\r\n", b"POST /api/execute HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{\"comm",
            b"GET / HTTP/1.1\r\nHost: x\r\n", b"\x16\x03\x01\x02\x00" + bytes(200), b"",
            b"POST /api/execute HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"GET /api/ping HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        )
        with connect(self.pair.port, PATIENCE) as connection:
            try:
                connection.sendall(random_numbers.choice(garbage))
                if turn % 2:
                    connection.shutdown(socket.SHUT_WR)
                    connection.recv(4096)
            except (BrokenPipeError, ConnectionResetError):
                pass

    def sessions(self, number, turn, _):
        session = f"brief-{number}-{turn}"
        self.call("POST", "/api/session/create", {"id": session, "env": {"LANG": "C"}})
        self.call("POST", "/api/session/create", {"id": session}, (409,))
        self.execute("sleep 300 & echo $LANG", session)
        self.call("GET", "/api/session/list")
        self.call("POST", "/api/session/delete", {"sessionId": session})

    def shell_ends(self, number, *_):
        body = {"command": "exit 3", "sessionId": f"ends-{number}"}
        self.call("POST", "/api/execute", body, (410,))

    def caller_goes(self, number, turn, random_numbers):
        body = {"command": "sleep 300 | cat", "sessionId": random_numbers.choice((SESSIONLESS, f"gone-{number}"))}
        with connect(self.pair.port, PATIENCE) as connection:
            connection.sendall(request("POST", "/api/execute", body))
            time.sleep(random_numbers.uniform(0, 0.1))

    def ports(self, number, turn, _):
        self.call("POST", "/api/expose-port", {"port": 40000 + turn % 100})
        self.call("GET", "/api/exposed-ports")
        self.call("GET", f"/proxy/{40000 + turn % 100}/", expect=(502,))
        self.call("DELETE", f"/api/exposed-ports/{40000 + turn % 100}")
        self.call("GET", "/health")
