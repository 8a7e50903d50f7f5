"""POST /api/execute/stream: throughput beside `cat` through a pipe, and the time to the first byte."""

import hashlib
import os
import time

from client import connect, events, request
from execute import SESSIONLESS
from pair import USER, Failure, Pair, rss
from plain import spawn
from table import heading, mib, ms, quantile, ratio, table

# Seconds until a stream of a command that is over at once is taken for stuck.
PATIENCE = 5

# Lines as programs write them; an odd length, so that no read ends where a line does.
LINE = b"2026-01-31T12:00:00Z info build: compiled module %07d of the project, no warnings\n"


def measure(programs, megabytes, rounds, port=0):
    with Pair(programs, port=port) as pair:
        path, digest = make_text(pair.workspace, megabytes * 1024 * 1024)
        heading(f"A command that writes {megabytes} MiB of text, {rounds} turns")
        throughput(pair, path, digest, rounds)
        heading("From the request to the first byte: `echo x`, 200 turns")
        first_byte(pair, 200)


def make_text(workspace, size):
    path, digest = f"{workspace}/text", hashlib.sha256()
    with open(path, "wb") as file:
        number = 0
        while file.tell() < size:
            piece = b"".join(LINE % (number + offset) for offset in range(4096))[: size - file.tell()]
            number += 4096
            file.write(piece)
            digest.update(piece)
    os.chown(path, USER, USER)
    return path, digest.hexdigest()


def throughput(pair, path, digest, rounds):
    size = os.path.getsize(path)
    times, peak = {"cat, pipe": [], "cat, session": [], "cat, sessionless": []}, 0.0
    for _ in range(rounds):
        begun = time.perf_counter()
        pid, reader = spawn(["/bin/cat", path])
        while os.read(reader, 65536):
            pass
        os.close(reader)
        os.waitpid(pid, 0)
        times["cat, pipe"].append(time.perf_counter() - begun)
        for name, session in (("cat, session", "bench"), ("cat, sessionless", SESSIONLESS)):
            begun = time.perf_counter()
            drain(pair, {"command": f"cat {path}", "sessionId": session}, size)
            times[name].append(time.perf_counter() - begun)
            peak = max(peak, rss(pair.server))
    base = quantile(times["cat, pipe"], 0.5)
    table(
        ["way", "time", "p50", "MiB/s"],
        [[name, ratio(quantile(taken, 0.5), base), ms(quantile(taken, 0.5)),
          f"{size / 1048576 / quantile(taken, 0.5):.0f}"] for name, taken in times.items()],
    )
    print(f"server's RSS between streams, at most: {mib(peak)}")
    # Apart from the measurement, because this client takes longer than the server.
    for session in ("bench", SESSIONLESS):
        verify(pair, path, session, digest)


def drain(pair, body, size):
    """Reads a stream to its end without looking into it."""
    buffer, total, tail = bytearray(1 << 18), 0, b""
    with connect(pair.port) as connection:
        connection.sendall(request("POST", "/api/execute/stream", body))
        while not tail.endswith(b"0\r\n\r\n"):
            count = connection.recv_into(buffer)
            if not count:
                raise Failure("the stream was cut off")
            total += count
            tail = (tail + buffer[max(0, count - 400):count])[-400:]
    if b'"exitCode":0' not in tail:
        raise Failure(f"the stream ended with {tail[-200:]!r}")
    if total < size:
        print(f"lost: a stream of {size} bytes of output had only {total} bytes")


def verify(pair, path, session, digest):
    """Whether a stream holds what the command wrote, byte for byte."""
    found, size, others = hashlib.sha256(), 0, []
    with connect(pair.port) as connection:
        connection.sendall(request("POST", "/api/execute/stream", {"command": f"cat {path}", "sessionId": session}))
        for event in events(connection):
            if event["type"] == "stdout":
                data = event["data"].encode()
                size += len(data)
                found.update(data)
            elif event["type"] not in ("start", "complete"):
                others.append(event)
    is_whole = found.hexdigest() == digest
    state = "every byte arrived" if is_whole else f"NOT WHOLE: {size} bytes of {os.path.getsize(path)}"
    name = "sessionless" if session == SESSIONLESS else "session"
    print(f"{name}: {state}" + "".join(f"; {event}" for event in others[:3]) + "\n", flush=True)


def first_byte(pair, runs):
    names = ("pipe", "session, start", "session, output", "sessionless, start", "sessionless, output")
    times, hung = {name: [] for name in names}, {}
    for number in range(-10, runs):
        sample = {}
        begun = time.perf_counter()
        pid, reader = spawn(["/bin/bash", "-c", "echo x"])
        os.read(reader, 16)
        sample["pipe"] = time.perf_counter() - begun
        os.close(reader)
        os.waitpid(pid, 0)
        for name, session in (("session", "bench"), ("sessionless", SESSIONLESS)):
            body = request("POST", "/api/execute/stream", {"command": "echo x", "sessionId": session})
            # The connection is made before the clock starts: callers keep theirs alive.
            with connect(pair.port, PATIENCE) as connection:
                begun = time.perf_counter()
                connection.sendall(body)
                try:
                    for event in events(connection, PATIENCE):
                        point = {"start": "start", "stdout": "output"}.get(event["type"])
                        if point:
                            sample.setdefault(f"{name}, {point}", time.perf_counter() - begun)
                except TimeoutError:
                    hung[name] = hung.get(name, 0) + 1
        if number >= 0:
            for name, taken in sample.items():
                times[name].append(taken)
    base = quantile(times["pipe"], 0.5)
    table(
        ["first byte of", "to a pipe", "p50", "p99", "seen"],
        [[name, ratio(quantile(taken, 0.5), base), ms(quantile(taken, 0.5)), ms(quantile(taken, 0.99)), str(len(taken))]
         for name, taken in times.items()],
    )
    for name, count in hung.items():
        print(f"{name}: {count} of {runs + 10} streams were not complete after {PATIENCE} s\n", flush=True)
