"""Callers that ask again and again, each over a new connection, and what they had to wait."""

import json
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "HTTP"))

from client import answer, connect, request  # noqa: E402

SESSIONLESS = "__DISABLE_SESSION__"
# An answer that takes longer counts as none.
PATIENCE = 30


def execute(command, **further):
    return request("POST", "/api/execute", {"command": command, "sessionId": SESSIONLESS, **further})


# What is asked, and whether an answer other than 200 is a defect of the pair's.
QUESTIONS = {
    "/health": request("GET", "/health"),
    "secure exec": execute("true", env={"BENCH_TOKEN": "x"}),
    "user exec": execute("true", namespace="user"),
}


class Probes:
    """One thread for each question, from `with` to its end."""

    def __init__(self, port):
        self.port, self.ending = port, threading.Event()
        self.samples = {name: [] for name in QUESTIONS}
        self.threads = [threading.Thread(target=self.ask, args=(name,), daemon=True) for name in QUESTIONS]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join(PATIENCE + 5)

    def ask(self, name):
        while not self.ending.is_set():
            begun = time.monotonic()
            try:
                with connect(self.port, PATIENCE) as connection:
                    connection.sendall(QUESTIONS[name])
                    status, body = answer(connection)
                    if status == 200 and name != "/health" and json.loads(body)["exitCode"] != 0:
                        status = 599
            except Exception:  # whatever it is, there was no answer
                status = 0
            self.samples[name].append((begun, time.monotonic() - begun, status))
            time.sleep(0.02)

    def between(self, name, begin, end):
        """Seconds of the answers whose questions were asked in between, and how many of them were not 200."""
        chosen = [sample for sample in self.samples[name] if begin <= sample[0] < end]
        return [seconds for _, seconds, _ in chosen], sum(status != 200 for _, _, status in chosen)
