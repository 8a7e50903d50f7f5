"""Client of ns-helper's socket, written from Docs/HelperProtocol.md alone. Standard library only.

    python3 helper_client.py SOCKET self-test     drive a running helper
    python3 helper_client.py VECTORS.json vectors  check this codec against the golden records
"""
import array, fcntl, os, select, socket, struct, sys

OPS = dict(hello=1, spawn=2, signal=3, terminate=4, resize=5, status=6, reset=7, shutdown=8)
NAMES = {number | 0x8000: name for name, number in OPS.items()}
NAMES.update({0x4001: "processExited", 0x4002: "namespaceReset", 0xFFFF: "failed"})
USER, SECURE, SEALS = 2, 3, 0xF  # SEAL | SHRINK | GROW | WRITE
# Fields of records from the helper, by tag: struct format, "text", or a format in brackets when repeated.
FIELDS = {
    "hello": {1: "text", 2: "<B", 3: "<I", 4: "<I", 5: "<I", 6: "<I", 7: "<I", 8: "text", 9: "<B", 10: "<H",
              11: "<H", 12: "<I", 13: "<H", 14: "<i", 15: "text", 16: ["<H"], 17: ["<BBBQ"], 18: "text",
              19: "<I", 20: "<I", 21: "<H", 22: "<B"},
    "spawn": {1: "<Q", 2: "<i"}, "signal": {}, "terminate": {}, "resize": {}, "shutdown": {}, "reset": {1: "<I"},
    "status": {1: "<Q", 2: "<Q", 3: "<I", 4: ["<BBII"], 5: ["<BQiQ"]},
    "processExited": {1: "<Q", 2: "<B", 3: "<B", 4: "<Q", 5: "<Q", 6: "<Q"},
    "namespaceReset": {1: "<B", 2: "<I"}, "failed": {1: "<H", 2: "<H", 3: "<i"},
}


class Failed(Exception):
    """The helper's `failed` answer: code, stage, errno."""
    def __init__(self, fields):
        super().__init__("code %d, stage %d, errno %d" % (fields[1], fields[2], fields[3]))
        self.code, self.stage, self.errno = fields[1], fields[2], fields[3]


def record(op, ident, fields=(), descriptors=0, version=1):
    body = b"".join(struct.pack("<HHI", tag, 0, len(value)) + value for tag, value in fields)
    return struct.pack("<4sHHQIHHQ", b"NSH1", version, op, ident, len(body), descriptors, 0, 0) + body


def spawn_fields(namespace, executable, cwd, pty=None):
    fields = [(1, bytes([namespace])), (2, os.fsencode(executable)), (3, os.fsencode(cwd))]
    return fields + ([(4, struct.pack("<H", pty[0])), (5, struct.pack("<H", pty[1]))] if pty else [])


def payload(argv, env):
    strings = [os.fsencode(a) for a in argv] + [os.fsencode(k) + b"=" + os.fsencode(v) for k, v in env.items()]
    body = b"".join(s + b"\0" for s in strings)
    return struct.pack("<4sIII", b"NSA1", len(argv), len(env), len(body)) + body


def parse(data):
    """One record from the helper as (name, id, {tag: value})."""
    magic, version, op, ident, length, _, zero, zeros = struct.unpack_from("<4sHHQIHHQ", data)
    if (magic, version, length, zero, zeros) != (b"NSH1", 1, len(data) - 32, 0, 0) or op not in NAMES:
        raise ValueError("not a record of this protocol")
    known, fields, offset = FIELDS[NAMES[op]], {}, 32
    while offset < len(data):
        tag, reserved, size = struct.unpack_from("<HHI", data, offset)
        value, kind, offset = data[offset + 8:offset + 8 + size], known[tag], offset + 8 + size
        if reserved or offset > len(data) or (tag in fields and not isinstance(kind, list)):
            raise ValueError("bad field %d" % tag)
        parts = value.decode() if kind == "text" else struct.unpack(kind[0] if isinstance(kind, list) else kind, value)
        if isinstance(kind, list):
            fields.setdefault(tag, []).append(list(parts) if len(parts) > 1 else parts[0])
        else:
            fields[tag] = parts if kind == "text" else parts[0]
    return NAMES[op], ident, fields


class Helper:
    def __init__(self, path, hello=True):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.connect(path)
        self.socket.settimeout(30)
        self.last, self.exits, self.resets = 0, {}, []
        self.about = self.hello() if hello else None

    def close(self):
        self.socket.close()

    def send(self, data, descriptors=()):
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        self.socket.sendmsg([data], rights)

    def receive(self):
        space = socket.CMSG_SPACE(4 * 4)
        data, control, flags, _ = self.socket.recvmsg(65536, space, socket.MSG_CMSG_CLOEXEC)
        got = array.array("i")
        for _, _, content in control:
            got.frombytes(content[:len(content) - len(content) % got.itemsize])
        if not data or flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
            for descriptor in got:
                os.close(descriptor)
            raise ConnectionError("closed")
        name, ident, fields = parse(data)
        if name == "processExited":
            self.exits[fields[1]] = fields
        elif name == "namespaceReset":
            self.resets.append((fields[1], fields[2]))
        return name, ident, fields, list(got)

    def ask(self, op, fields=(), descriptors=()):
        self.last += 1
        self.send(record(OPS[op], self.last, fields, len(descriptors)), descriptors)
        while True:
            name, ident, answer, got = self.receive()
            if ident == self.last:
                if name == "failed":
                    raise Failed(answer)
                return answer, got

    def hello(self): return self.ask("hello")[0]
    def status(self): return self.ask("status")[0]
    def shutdown(self): return self.ask("shutdown")[0]
    def reset(self, namespace): return self.ask("reset", [(1, bytes([namespace]))])[0][1]
    def signal(self, handle, number): self.ask("signal", [(1, struct.pack("<Q", handle)), (2, bytes([number]))])
    def terminate(self, handle, grace):
        self.ask("terminate", [(1, struct.pack("<Q", handle)), (2, struct.pack("<I", grace))])
    def resize(self, handle, rows, columns):
        self.ask("resize", [(1, struct.pack("<Q", handle)), (2, struct.pack("<H", rows)), (3, struct.pack("<H", columns))])

    def spawn(self, argv, env={}, cwd="/", namespace=USER, pty=None, seals=SEALS, stdio=None):
        """(handle, pid, stdout and stderr or terminal as a descriptor to read). stdin is /dev/null."""
        memfd, ends = os.memfd_create("payload", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING), []
        try:
            os.write(memfd, payload(argv, env))
            if seals:
                fcntl.fcntl(memfd, 1033, seals)  # F_ADD_SEALS
            given = [memfd]
            if not pty:
                ends = [*os.pipe(), os.open("/dev/null", os.O_RDWR)]
                given += stdio or [ends[2], ends[1], ends[1]]
            answer, got = self.ask("spawn", spawn_fields(namespace, argv[0], cwd, pty), given)
            return answer[1], answer[2], got[0] if pty else os.dup(ends[0])
        finally:
            for descriptor in [memfd, *ends]:
                os.close(descriptor)

    def wait(self, handle):
        """Fields of the process's exit event."""
        while handle not in self.exits:
            self.receive()
        return self.exits.pop(handle)

    def run(self, script, **options):
        """(exit code or minus the signal, output) of a shell script."""
        handle, _, descriptor = self.spawn(["/bin/sh", "-c", script], **options)
        output = read_all(descriptor)
        status = self.wait(handle)
        return status[2] if 2 in status else -status[3], output


def read_all(descriptor, until=None):
    output = b""
    while until is None or until not in output:
        if not select.select([descriptor], [], [], 30)[0]:
            raise TimeoutError(output)
        try:
            part = os.read(descriptor, 65536)
        except OSError:  # EIO: the last process of a terminal has closed it
            part = b""
        if not part:
            break
        output += part
    if until is None:
        os.close(descriptor)
    return output


if __name__ == "__main__":
    from helper_self_test import self_test, vectors
    sys.exit({"self-test": self_test, "vectors": vectors}[sys.argv[2]](sys.argv[1]))
