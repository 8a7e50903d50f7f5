"""The least HTTP clients that can be: what is measured is the server."""

import json
import re
import selectors
import socket
import time

from pair import Failure

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def request(method, path, body=None, length=None):
    """The bytes of a request, with a JSON body or with the header of a body of `length` bytes."""
    data = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
    if body is not None:
        head += "Content-Type: application/json\r\n"
    if body is not None or length is not None:
        head += f"Content-Length: {len(data) if length is None else length}\r\n"
    return head.encode() + b"\r\n" + data


def connect(port, timeout=60):
    connection = socket.create_connection(("127.0.0.1", port), timeout=timeout)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def answer(connection):
    """The status and the body of an answer, which has a length or is chunked."""
    reader = connection.makefile("rb", buffering=65536)
    status, length, is_chunked = head(reader)
    body = b"".join(chunks(reader)) if is_chunked else reader.read(length)
    if not is_chunked and len(body) < length:
        raise Failure("the answer was cut off")
    return status, body


def head(reader):
    """Status, length, and whether the body is chunked."""
    line = reader.readline()
    if not line:
        raise Failure("the server hung up")
    length, is_chunked = 0, False
    while (field := reader.readline()) not in (b"\r\n", b""):
        name, _, value = field.lower().partition(b":")
        if name == b"content-length":
            length = int(value)
        is_chunked = is_chunked or (name == b"transfer-encoding" and b"chunked" in value)
    return int(line[9:12]), length, is_chunked


def chunks(reader):
    """The pieces of a chunked body. The reader takes more from the socket than these: no answer may follow unasked."""
    while True:
        line = reader.readline()
        if not line:
            raise Failure("the answer was cut off")
        size = int(line, 16)
        data = reader.read(size)
        reader.readline()
        if size == 0:
            return
        yield data


def exchange(connection, data):
    connection.sendall(data)
    return answer(connection)


class Loop:
    """Many connections that are kept alive, each with one request at a time, in one thread and one epoll(7)."""

    def __init__(self, port, count):
        self.connections = [connect(port) for _ in range(count)]
        self.selector = selectors.EpollSelector()
        for number, connection in enumerate(self.connections):
            self.selector.register(connection, selectors.EVENT_READ, number)

    def close(self):
        self.selector.close()
        for connection in self.connections:
            connection.close()

    def run(self, requests, total, expect):
        """Sends `total` requests, connection n always the n-th of `requests`; each one's seconds.

        Every answer must have status 200 and hold `expect`; the others are counted by what they were.
        """
        times, wrong = [], {}
        begun, buffers = [0.0] * len(self.connections), [b""] * len(self.connections)
        sent = 0
        for number, connection in enumerate(self.connections[:total]):
            begun[number] = time.perf_counter()
            connection.sendall(requests[number])
            sent += 1
        done = 0
        while done < total:
            ready = self.selector.select(60)
            if not ready:
                raise Failure(f"no answer for 60 s; {total - done} are due")
            for key, _ in ready:
                number = key.data
                piece = key.fileobj.recv(65536)
                if not piece:
                    raise Failure("the server hung up")
                data = buffers[number] + piece
                head, end, body = data.partition(b"\r\n\r\n")
                if not end or len(body) < int(LENGTH.search(head)[1]):
                    buffers[number] = data
                    continue
                times.append(time.perf_counter() - begun[number])
                buffers[number] = b""
                done += 1
                if data[9:12] != b"200" or expect not in body:
                    text = body[:160].decode(errors="replace") if data[9:12] == b"200" else data[9:12].decode()
                    wrong[text] = wrong.get(text, 0) + 1
                if sent < total:
                    sent += 1
                    begun[number] = time.perf_counter()
                    key.fileobj.sendall(requests[number])
        return times, wrong


def events(connection, seconds=60):
    """The events of a stream, as they come, for so many seconds.

    A socket's timeout is not enough: comments keep a stream alive that has nothing to say.
    """
    deadline = time.monotonic() + seconds
    reader = connection.makefile("rb", buffering=262_144)
    status, _, _ = head(reader)
    if status != 200:
        raise Failure(f"no stream: HTTP {status}")
    rest = b""
    for data in chunks(reader):
        *frames, rest = (rest + data).split(b"\n\n")
        for frame in frames:
            if frame.startswith(b"data: "):
                yield json.loads(frame[6:])
        if time.monotonic() > deadline:
            raise TimeoutError("the stream has no end")
