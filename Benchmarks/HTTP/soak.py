"""Uses a pair in every way at once, for as long as one likes, and tells what grew.

Four times, at a quarter of the time each, everything pauses and the pair is looked at while idle. The first time ends
the warm-up; what the last one has more than the first must stay below a bound. Started by scripts/soak, for root.
"""

import argparse
import signal
import sys
import time

from load import Load
from pair import Failure, Pair, descriptors, rss
from table import heading, table

# What an idle pair may have more at the end than after the warm-up.
BOUNDS = {"server MiB": 16.0, "server fds": 8, "helper MiB": 2.0, "helper fds": 8, "processes": 6, "mounts": 8}


class Soak:
    def __init__(self, pair, seconds, seed):
        self.pair, self.seconds, self.load = pair, seconds, Load(pair, seed)
        self.server, self.samples, self.restarts = pair.server, [], 0

    def look(self):
        server = self.pair.find_server()
        if server != self.server:
            self.restarts += 1
            self.server = self.pair.server = server
        return {
            "server MiB": rss(server), "server fds": descriptors(server), "helper MiB": rss(self.pair.pid),
            "helper fds": descriptors(self.pair.pid), "processes": len(self.pair.inside()),
            "mounts": self.pair.mounts(),
        }

    def idle(self):
        """Everything pauses, background processes are ended, and what is on its way out goes."""
        self.load.pause()
        self.load.call("DELETE", "/api/process/kill-all")
        last, deadline = None, time.monotonic() + 15
        while time.monotonic() < deadline:
            time.sleep(1)
            found = self.look()
            state = (found["server fds"], found["helper fds"], found["processes"], found["mounts"])
            if state == last:
                break
            last = state
        return found

    def run(self):
        rows, idle, peak, begun = [], [], {}, time.monotonic()
        self.load.start()
        for quarter in range(4):
            until = time.monotonic() + self.seconds / 4
            while time.monotonic() < until:
                time.sleep(min(2, max(0.1, until - time.monotonic())))
                found = self.look()
                peak = {name: max(value, peak.get(name, 0)) for name, value in found.items()}
            idle.append(self.idle())
            name = "idle, warm-up over" if quarter == 0 else "idle"
            rows.append([f"{time.monotonic() - begun:.0f} s: {name}"] + [show(idle[-1][key]) for key in BOUNDS])
            if quarter < 3:
                self.load.running.set()
        self.load.ending.set()
        self.load.running.set()
        growth = {key: idle[-1][key] - idle[0][key] for key in BOUNDS}
        rows.append(["most, at work"] + [show(peak[key]) for key in BOUNDS])
        rows.append(["grown since the warm-up"] + [show(growth[key]) for key in BOUNDS])
        rows.append(["bound"] + [show(BOUNDS[key]) for key in BOUNDS])
        table(["time", *BOUNDS], rows)
        table(
            ["done", "times"], [[name, str(count)] for name, count in sorted(self.load.counts.items())]
            + [["all", str(sum(self.load.counts.values()))]],
        )
        return self.verdict(growth)

    def verdict(self, growth):
        problems = [f"{key} grew by {show(growth[key])}" for key in BOUNDS if growth[key] > BOUNDS[key]]
        if self.restarts:
            problems.append(f"the server was restarted {self.restarts} times")
        problems += [f"{count} x {text}" for text, count in sorted(self.load.wrong.items())]
        running = [found for found in self.load.call("GET", "/api/process/list")["processes"]
                   if found["status"] in ("starting", "running")]
        if running:
            example = running[0]["command"]
            problems.append(f"{len(running)} processes are said to run after all were ended, as {example!r}")
        said = [line for line in self.pair.text().splitlines() if "notice: mode" not in line]
        if said:
            print(f"the pair said {len(said)} lines; the last:", *said[-10:], sep="\n")
        for problem in problems:
            print(f"soak: {problem}")
        print("soak: " + ("failed" if problems else "nothing grew, nothing was wrong"), flush=True)
        return 1 if problems else 0


def show(value):
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def main():
    parser = argparse.ArgumentParser(prog="soak", description=__doc__.partition("\n")[0] + " For root.")
    parser.add_argument("--programs", required=True, help="the directory of the pair's programs")
    parser.add_argument("--port", type=int, default=0, help="the API's TCP port; default: a free one")
    parser.add_argument(
        "--seconds", type=int, default=600, help="of load, beside four pauses (at least 60, default 600)"
    )
    parser.add_argument("--seed", type=int, default=1, help="for the order of what is chosen (default 1)")
    options = parser.parse_args()
    if options.seconds < 60:
        parser.error("less than 60 seconds are no warm-up and prove nothing")
    with Pair(options.programs, port=options.port) as pair:
        heading(f"{options.seconds} s of everything at once, seed {options.seed}")
        return Soak(pair, options.seconds, options.seed).run()


if __name__ == "__main__":
    # An end from outside must take the pair down too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"soak: {failure}")
