"""POST /api/execute of `true`, beside posix_spawn of `sh -c true` in a loop, turn by turn."""

import time

from client import Loop, connect, exchange, request
from pair import Failure, Pair
from plain import run
from table import heading, ms, quantile, ratio, table

SESSIONLESS = "__DISABLE_SESSION__"
ROUNDS = 8


def execute(command, session):
    return request("POST", "/api/execute", {"command": command, "sessionId": session})


def measure(programs, runs, port=0):
    heading(f"One command, `bash -c true`: {runs} of each kind and number of clients, in {ROUNDS} turns")
    with Pair(programs, port=port) as pair:
        rows, wrong = [], {}
        for clients in (1, 8, 64):
            rows += at_once(pair, clients, max(runs // ROUNDS, clients * 2), wrong)
        table(["clients, way", "p50", "rate", "p50", "p99", "execs/s"], rows)
        for text, count in wrong.items():
            print(f"wrong answers: {count} x {text}\n")
        secure(pair, runs // 2)


def at_once(pair, clients, batch, wrong):
    own = [execute("true", f"bench-{number}") for number in range(clients)]
    ways = {"posix_spawn": None, "a session each": own, "sessionless": [execute("true", SESSIONLESS)] * clients}
    if clients > 1:
        ways["one session for all"] = [execute("true", "bench-0")] * clients
    loop = Loop(pair.port, clients)
    times, seconds = {way: [] for way in ways}, dict.fromkeys(ways, 0.0)
    # The first round makes the sessions and is not counted.
    for number in range(ROUNDS + 1):
        for way, requests in ways.items():
            begun = time.perf_counter()
            if requests is None:
                taken, bad = run("true", batch, clients), {}
            else:
                taken, bad = loop.run(requests, batch, b'"exitCode":0')
            for text, count in bad.items():
                wrong[text] = wrong.get(text, 0) + count
            if number:
                seconds[way] += time.perf_counter() - begun
                times[way] += taken
    loop.close()
    base = quantile(times["posix_spawn"], 0.5)
    base_rate = len(times["posix_spawn"]) / seconds["posix_spawn"]
    rows = []
    for way in ways:
        half, rate = quantile(times[way], 0.5), len(times[way]) / seconds[way]
        rows.append([
            f"{clients:2}, {way}", ratio(half, base), ratio(rate, base_rate), ms(half), ms(quantile(times[way], 0.99)),
            f"{rate:.0f}",
        ])
    return rows


def secure(pair, runs):
    """Commands with a credential, each in a cell of its own, beside those without."""
    bodies = {
        "session": {"command": "true", "sessionId": "bench-0"},
        "sessionless": {"command": "true", "sessionId": SESSIONLESS},
        "credential, cell": {"command": "true", "sessionId": SESSIONLESS, "env": {"BENCH_TOKEN": "x"}},
    }
    times = {name: [] for name in bodies}
    with connect(pair.port) as connection:
        for number in range(-10, runs):
            for name, body in bodies.items():
                begun = time.perf_counter()
                status, text = exchange(connection, request("POST", "/api/execute", body))
                if status != 200:
                    raise Failure(f"{name}: HTTP {status} {text[:200]!r}")
                if number >= 0:
                    times[name].append(time.perf_counter() - begun)
    base = quantile(times["sessionless"], 0.5)
    table(
        ["one client", "to sessionless", "p50", "p99"],
        [[name, ratio(quantile(taken, 0.5), base), ms(quantile(taken, 0.5)), ms(quantile(taken, 0.99))]
         for name, taken in times.items()],
    )
