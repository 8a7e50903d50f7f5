"""GET and PUT /api/files/raw, beside Python's http.server and, where it is installed, nginx."""

import http.server
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from client import answer, connect, request
from pair import USER, Failure, Pair, free_port, rss
from table import heading, mib, ms, quantile, ratio, table

PIECE = os.urandom(1 << 20)


def measure(programs, megabytes, rounds, port=0):
    heading(f"A file of {megabytes} MiB, {rounds} turns; a client that looks at nothing")
    with Pair(programs, port=port) as pair, tempfile.TemporaryDirectory(dir="/var/lib") as folder:
        os.chmod(folder, 0o755)
        for place in (pair.workspace, folder):
            with open(f"{place}/file", "wb") as file:
                for _ in range(megabytes):
                    file.write(PIECE)
        os.chown(f"{pair.workspace}/file", USER, USER)
        shown = f"/api/files/raw?path={pair.workspace}"
        servers = {"sandbox-server": (pair.port, f"{shown}/file", f"{shown}/upload")}
        children = []
        try:
            servers["http.server"] = (plain(folder, children), "/file", "/upload")
            if shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"):
                servers["nginx"] = (nginx(folder, children), "/file", None)
            compare(pair, servers, megabytes << 20, rounds)
        finally:
            for child in children:
                child.terminate()
                child.wait()


def compare(pair, servers, size, rounds):
    downloads, uploads = {name: [] for name in servers}, {name: [] for name in servers if servers[name][2]}
    before, peak = rss(pair.server), 0.0
    for number in range(-1, rounds):
        for name, (port, source, target) in servers.items():
            taken = download(port, source, size)
            peak = max(peak, rss(pair.server))
            if number >= 0:
                downloads[name].append(taken)
            if target:
                taken = upload(port, target, size)
                peak = max(peak, rss(pair.server))
                if number >= 0:
                    uploads[name].append(taken)
    for title, times in (("download", downloads), ("upload", uploads)):
        base = quantile(times["http.server"], 0.5)
        table(
            [title, "time", "p50", "MiB/s"],
            [[name, ratio(quantile(taken, 0.5), base), ms(quantile(taken, 0.5)),
              f"{size / 1048576 / quantile(taken, 0.5):.0f}"] for name, taken in times.items()],
        )
    print(f"server's RSS: {mib(before)} before, {mib(peak)} at most between two turns")
    with open(f"{pair.workspace}/upload", "rb") as file:
        whole = all(file.read(len(PIECE)) == PIECE for _ in range(size // len(PIECE))) and not file.read(1)
    print("the uploaded file is " + ("whole" if whole else "NOT WHOLE"), flush=True)
    print()


def download(port, path, size):
    buffer = bytearray(1 << 20)
    with connect(port) as connection:
        begun = time.perf_counter()
        connection.sendall(request("GET", path))
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(65536)
            if not piece:
                raise Failure("the server hung up")
            head += piece
        if b" 200 " not in head[:16]:
            raise Failure(f"download: {head[:300]!r}")
        left = size - len(head.partition(b"\r\n\r\n")[2])
        while left > 0:
            count = connection.recv_into(buffer)
            if not count:
                raise Failure(f"the download was cut off, {left} bytes before its end")
            left -= count
        return time.perf_counter() - begun


def upload(port, path, size):
    with connect(port) as connection:
        begun = time.perf_counter()
        connection.sendall(request("PUT", path, length=size))
        for _ in range(size // len(PIECE)):
            connection.sendall(PIECE)
        status, body = answer(connection)
        if status not in (200, 201):
            raise Failure(f"upload: HTTP {status} {body[:300]!r}")
        return time.perf_counter() - begun


class Handler(http.server.SimpleHTTPRequestHandler):
    """What `python3 -m http.server` does, and the least PUT beside it."""

    def log_message(self, *_):
        pass

    def do_PUT(self):
        left = int(self.headers["Content-Length"])
        with open(self.translate_path(self.path), "wb") as file:
            while left:
                piece = self.rfile.read(min(left, 262_144))
                file.write(piece)
                left -= len(piece)
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()


def plain(folder, children):
    port = free_port()
    children.append(subprocess.Popen([sys.executable, __file__, folder, str(port)]))
    return await_port(port)


def nginx(folder, children):
    port = free_port()
    with open(f"{folder}/nginx.conf", "w", encoding="utf-8") as file:
        file.write(
            f"daemon off; pid {folder}/pid; error_log stderr crit; user root;\n"
            "events {}\n"
            f"http {{ access_log off; sendfile on; server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n"
        )
    path = os.environ["PATH"] + ":/usr/sbin"
    children.append(subprocess.Popen([shutil.which("nginx", path=path), "-c", f"{folder}/nginx.conf", "-p", folder]))
    return await_port(port)


def await_port(port):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return port
        except OSError:
            time.sleep(0.02)
    raise Failure("the server to compare with did not come up")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    os.chdir(sys.argv[1])
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
