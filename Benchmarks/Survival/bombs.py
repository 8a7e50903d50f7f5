"""What runs inside the sandbox and goes wild: `python3 bombs.py NAME [ARGUMENT]`. Standard library only.

Each says `armed` as soon as it does harm and then goes on for ever; a reset of its namespace ends it.
"""

import os
import signal
import socket
import sys
import time


def armed():
    os.write(1, b"armed\n")


def everybody(work, count):
    """Runs `work` in so many processes, this one included."""
    for _ in range(count - 1):
        try:
            if os.fork() == 0:
                break
        except OSError:
            pass
    work()


def fork():
    """Processes that make processes, as many as there may be."""
    armed()
    while True:
        try:
            os.fork()
        except OSError:
            time.sleep(0.001)


def zombies():
    """Children that nobody waits for."""
    armed()
    while True:
        try:
            if os.fork() == 0:
                os._exit(0)
        except OSError:
            time.sleep(0.01)


def memory(limit):
    """Eight processes that write to ever more memory, together up to `limit` MiB (0: no limit); whoever is killed is
    replaced."""
    pieces = int(limit) // 8 // 16 if int(limit) else 1 << 30
    armed()
    for number in range(1 << 30):
        if number >= 8:
            os.wait()
        if os.fork() == 0:
            held = []
            for _ in range(pieces):
                held.append(b"x" * (16 << 20))
            signal.pause()


def descriptors():
    """A hundred processes with as many open descriptors as they may have; sockets in flight among them."""
    def work():
        held = []
        try:
            while True:
                held.append(os.dup(0))
        except OSError:
            pass
        for descriptor in held[-64:]:
            os.close(descriptor)
        ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        ends[0].setblocking(False)
        try:
            while True:
                socket.send_fds(ends[0], [b"x"], [ends[1].fileno()] * 200)
        except OSError:
            signal.pause()
    armed()
    everybody(work, 100)


def fill(*directories):
    """Files as large as they may be, in every directory, then as many empty ones."""
    armed()
    while True:
        for number, directory in enumerate(directories):
            block = b"x" * (1 << 20)
            try:
                with open(f"{directory}/filling", "wb", buffering=0) as file:
                    while True:
                        file.write(block)
            except OSError:
                pass
            try:
                for index in range(1 << 22):
                    open(f"{directory}/empty-{number}-{index}", "x").close()
            except OSError:
                time.sleep(0.1)


def stop():
    """Processes that stop each other and are continued again."""
    armed()
    def work():
        while True:
            for number in (signal.SIGSTOP, signal.SIGCONT, signal.SIGTERM):
                if number == signal.SIGTERM:
                    continue
                try:
                    os.kill(-1, number)
                except OSError:
                    pass
    everybody(work, 32)


def hogs(count):
    """Endless loops, and every try to run them before everybody else."""
    armed()
    def work():
        # A session each: where sessions are scheduled as groups, one of them would be one hog.
        try:
            os.setsid()
        except OSError:
            pass
        for attempt in (lambda: os.nice(-20), lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))):
            try:
                attempt()
            except OSError:
                pass
        while True:
            pass
    everybody(work, int(count))


def idle(port, count):
    """Idle connections to the API, opened again when they are closed, a byte every ten seconds."""
    import resource
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    held = []
    is_armed = False
    while True:
        while len(held) < int(count):
            try:
                held.append(socket.create_connection(("127.0.0.1", int(port)), timeout=30))
                held[-1].setblocking(False)
                held[-1].send(b"G")
            except OSError:
                time.sleep(0.01)
        if not is_armed:
            armed()
            is_armed = True
        still = []
        for connection in held:
            try:
                if connection.recv(4096):
                    still.append(connection)
                else:
                    connection.close()
            except BlockingIOError:
                still.append(connection)
            except OSError:
                connection.close()
        held = still
        time.sleep(0.05)


def churn(port):
    """Eight processes that connect, ask and go, without a pause."""
    armed()
    def work():
        while True:
            try:
                with socket.create_connection(("127.0.0.1", int(port)), timeout=30) as connection:
                    connection.send(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            except OSError:
                pass
    everybody(work, 8)


def flood():
    """Output without an end and without a newline."""
    block = b"x" * 65536
    while True:
        os.write(1, block)
        os.write(2, block)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
