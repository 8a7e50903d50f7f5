"""Client of ns-helper's protocol (Docs/HelperProtocol.md) on an asyncio loop: what starting kernels takes."""
import array
import asyncio
import fcntl
import os
import socket
import struct

USER, SECURE = 2, 3
# Section 7.
STAGE_WORKING_DIRECTORY = 37
_HELLO, _SPAWN, _SIGNAL, _TERMINATE = 1, 2, 3, 4
_EXITED, _RESET, _FAILED = 0x4001, 0x4002, 0xFFFF
_HEADER = struct.Struct("<4sHHQIHHQ")
_RECORD_BYTES = 65536


class Refused(Exception):
    """The helper's `failed` answer: code (section 6), stage (section 7) and errno of the step."""

    def __init__(self, code, stage, number):
        step = ", stage %d, %s" % (stage, os.strerror(number)) if stage else ""
        super().__init__("the helper refused: code %d%s" % (code, step))
        self.code, self.stage, self.errno = code, stage, number


class Process:
    """A process that the helper started for us."""

    def __init__(self, helper, handle, pid):
        self._helper, self._handle, self.pid = helper, handle, pid
        # Exit code, or minus the signal, as subprocess has it.
        self.exit = asyncio.get_running_loop().create_future()

    def poll(self):
        return self.exit.result() if self.exit.done() else None

    async def wait(self):
        return await asyncio.shield(self.exit)

    async def signal(self, number):
        """To the process itself."""
        await self._ask_running(_SIGNAL, [(1, struct.pack("<Q", self._handle)), (2, bytes([number]))])

    async def terminate(self, grace_milliseconds):
        """SIGTERM to it and all it started, SIGKILL to what is left after the grace time."""
        await self._ask_running(
            _TERMINATE, [(1, struct.pack("<Q", self._handle)), (2, struct.pack("<I", grace_milliseconds))]
        )

    async def _ask_running(self, operation, fields):
        if self.exit.done():
            return
        try:
            await self._helper.ask(operation, fields)
        except Refused:
            # It ended in the meantime: its exit event is on the way or here.
            pass


class Helper:
    """One connection. What was started over it ends with it, so this process ends when the helper is gone."""

    def __init__(self, descriptor):
        self._socket = socket.socket(fileno=descriptor)
        self._socket.setblocking(False)
        self._last = 0
        self._waiting = {}
        self._processes = {}
        # Exits that overtook the reply which names the process; only while such replies are due.
        self._early = {}
        self._spawning = 0
        self.workspace = None

    async def start(self):
        """Greets the helper and learns where the workspace is."""
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._receive)
        fields = await self.ask(_HELLO, [])
        self.workspace = fields[8].decode()

    async def ask(self, operation, fields, descriptors=()):
        """The reply's fields by tag."""
        self._last += 1
        number, loop = self._last, asyncio.get_running_loop()
        answer = self._waiting[number] = loop.create_future()
        body = b"".join(struct.pack("<HHI", tag, 0, len(value)) + value for tag, value in fields)
        head = _HEADER.pack(b"NSH1", 1, operation, number, len(body), len(descriptors), 0, 0)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        # Requests are small and the helper's queue is long; when it is full the helper wants us to wait.
        self._socket.setblocking(True)
        try:
            self._socket.sendmsg([head + body], rights)
        finally:
            self._socket.setblocking(False)
        return await answer

    async def spawn(self, namespace, program, directory, payload, streams):
        """Starts a process. `payload` is a sealed memfd (section 5); all descriptors remain the caller's."""
        fields = [(1, bytes([namespace])), (2, os.fsencode(program)), (3, os.fsencode(directory))]
        self._spawning += 1
        try:
            answer = await self.ask(_SPAWN, fields, [payload, *streams])
            handle = struct.unpack("<Q", answer[1])[0]
            process = Process(self, handle, struct.unpack("<i", answer[2])[0])
            self._processes[handle] = process
            if handle in self._early:
                self._end(handle, self._early.pop(handle))
            return process
        finally:
            self._spawning -= 1
            if not self._spawning:
                self._early.clear()

    def _receive(self):
        try:
            record, _, flags, _ = self._socket.recvmsg(_RECORD_BYTES)
        except BlockingIOError:
            return
        if not record or flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
            # Nothing may run unsupervised.
            os._exit(1)
        _, _, operation, number, _, _, _, _ = _HEADER.unpack_from(record)
        fields = self._fields(record)
        if operation == _EXITED:
            handle = struct.unpack("<Q", fields[1])[0]
            code = fields[2][0] if 2 in fields else -fields[3][0]
            if handle in self._processes:
                self._end(handle, code)
            elif self._spawning:
                self._early[handle] = code
        elif operation != _RESET:
            answer = self._waiting.pop(number, None)
            if answer is None or answer.done():
                return
            if operation == _FAILED:
                answer.set_exception(
                    Refused(*(struct.unpack(kind, fields[tag])[0] for tag, kind in ((1, "<H"), (2, "<H"), (3, "<i"))))
                )
            else:
                answer.set_result(fields)

    @staticmethod
    def _fields(record):
        fields, offset = {}, _HEADER.size
        while offset < len(record):
            tag, _, size = struct.unpack_from("<HHI", record, offset)
            # Of repeated fields the first is enough here.
            fields.setdefault(tag, record[offset + 8:offset + 8 + size])
            offset += 8 + size
        return fields

    def _end(self, handle, code):
        process = self._processes.pop(handle)
        if not process.exit.done():
            process.exit.set_result(code)


def payload(arguments, variables=()):
    """A sealed memfd with argv and environment, section 5."""
    strings = [os.fsencode(text) for text in [*arguments, *variables]]
    body = b"".join(text + b"\0" for text in strings)
    descriptor = os.memfd_create("payload", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    head = struct.pack("<4sIII", b"NSA1", len(arguments), len(strings) - len(arguments), len(body))
    os.write(descriptor, head + body)
    seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    return descriptor
