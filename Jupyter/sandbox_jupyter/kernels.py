"""Starting kernels where user code lives: in `user`, or in a cell of `secure`.

A kernel needs five sockets that Jupyter can reach and nobody else. They are made here, in a directory that only the
control namespace has, and handed to the kernel as descriptors through its standard input: a kernel accepts on its own
sockets and cannot even name those of another.
"""
import asyncio
import json
import os
import shutil
import socket
import uuid

from . import helper as helper_protocol
from . import languages

CHANNELS = ("shell", "iopub", "stdin", "control", "hb")
# As long as the first import of everything may take on a busy machine.
START_SECONDS = 60
TAKE_SECONDS = 5
_LINE_BYTES = 65536


class StartFailure(Exception):
    """A kernel that did not come up, in words for whoever asked for it."""


class DirectoryFailure(StartFailure):
    """The working directory cannot be entered; `errno` says why."""

    def __init__(self, number):
        super().__init__("the working directory cannot be entered: " + os.strerror(number))
        self.errno = number


class Kernel:
    """One running kernel: its process, how to reach it, and a line to its host until it is handed over."""

    def __init__(self, process, info, leash):
        self.process, self.info, self._leash = process, info, leash

    async def take(self, directory):
        """Makes a waiting kernel the caller's: moves it to where it is wanted and lets go of its standard input."""
        if self._leash is None:
            return
        loop = asyncio.get_running_loop()
        leash, self._leash = self._leash, None
        try:
            await loop.sock_sendall(leash, json.dumps({"directory": directory}).encode() + b"\n")
            answer = await asyncio.wait_for(_line(leash), TAKE_SECONDS)
        finally:
            leash.close()
        if answer.get("errno"):
            raise DirectoryFailure(answer["errno"])


async def _line(leash):
    """One line of JSON from the host. What it says is believed about its own kernel and nothing else."""
    received, loop = b"", asyncio.get_running_loop()
    while not received.endswith(b"\n"):
        part = await loop.sock_recv(leash, 4096)
        received += part
        if not part or len(received) > _LINE_BYTES:
            raise StartFailure("the kernel ended while it was starting")
    try:
        answer = json.loads(received)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise StartFailure("the kernel's host does not keep to its protocol")
    return answer


class KernelStarter:
    """Starts kernels, and keeps some warm."""

    def __init__(self, helper, directory, pool):
        self._helper, self._directory = helper, directory
        self._null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
        self._pool = {kernel: [] for kernel in languages.INSTALLED}
        self._wanted = {kernel: pool.get(kernel, 0) for kernel in languages.INSTALLED}
        self._filling = None
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(directory, mode=0o700)

    @property
    def workspace(self):
        return self._helper.workspace

    def connection(self):
        """How a kernel that does not exist yet will be reached; its directory is made."""
        place = os.path.join(self._directory, uuid.uuid4().hex[:12])
        os.mkdir(place, 0o700)
        ports = {channel + "_port": number for number, channel in enumerate(CHANNELS, 1)}
        key = uuid.uuid4().hex.encode()
        return dict(ports, transport="ipc", ip=place + "/c", key=key, signature_scheme="hmac-sha256")

    def remove(self, info):
        """Takes the sockets' names away."""
        shutil.rmtree(os.path.dirname(info["ip"]), ignore_errors=True)

    async def kernel(self, name, directory):
        """A kernel in `user`: a warm one if there is one that can go to the directory, else a new one."""
        language = languages.INSTALLED[name]
        while self._pool[name] and (language.moves or directory == self.workspace):
            kernel = self._pool[name].pop(0)
            self.fill()
            if kernel.process.poll() is None:
                try:
                    await kernel.take(directory)
                    return kernel
                except DirectoryFailure:
                    await kernel.process.terminate(0)
                    raise
                except (OSError, StartFailure, asyncio.TimeoutError):
                    # User code has killed it, or stopped it: it can harm only itself.
                    await kernel.process.terminate(0)
            self.remove(kernel.info)
        return await self.start(name, directory)

    async def start(self, name, directory, payload=None):
        """A new kernel that is its caller's at once. With a payload, argv and credentials in a sealed file that
        nobody reads here, it gets a cell."""
        info = self.connection()
        try:
            return await self.start_again(name, directory, info, payload)
        except BaseException:
            self.remove(info)
            raise

    async def start_again(self, name, directory, info, payload=None):
        """A new kernel where its clients look for it already."""
        try:
            kernel = await self._start(name, directory, info, payload)
            await kernel.take(directory)
            return kernel
        except helper_protocol.Refused as error:
            if error.stage == helper_protocol.STAGE_WORKING_DIRECTORY:
                raise DirectoryFailure(error.errno) from error
            raise

    async def _start(self, name, directory, info, payload):
        place = info["ip"]
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        near.setblocking(False)
        own = payload is None
        listeners = []
        try:
            if own:
                payload = helper_protocol.payload(languages.host_arguments())
            namespace = helper_protocol.USER if own else helper_protocol.SECURE
            streams = [far.fileno(), self._null, self._null]
            program = languages.host_arguments()[0]
            process = await self._helper.spawn(namespace, program, directory, payload, streams)
            far.close()
            for number in range(1, len(CHANNELS) + 1):
                path = "%s-%d" % (place, number)
                if os.path.lexists(path):
                    os.unlink(path)
                listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                listeners.append(listener)
                listener.bind(path)
                listener.listen(16)
                listener.setblocking(False)
            try:
                order = dict(info, key=info["key"].decode(), kernel_name=name)
                socket.send_fds(near, [json.dumps(order).encode() + b"\n"], [each.fileno() for each in listeners])
                answer = await asyncio.wait_for(_line(near), START_SECONDS)
                if "ready" not in answer:
                    raise StartFailure("the kernel cannot be started: %.200s" % answer.get("error"))
            except asyncio.TimeoutError:
                await process.terminate(0)
                raise StartFailure("the kernel was not ready within %d s" % START_SECONDS) from None
            except (OSError, StartFailure):
                await process.terminate(0)
                raise
        except BaseException:
            near.close()
            raise
        finally:
            far.close()
            if own and payload is not None:
                os.close(payload)
            # The kernel has its own: with it they are gone, and who connects is refused.
            for listener in listeners:
                listener.close()
        return Kernel(process, info, near)

    def fill(self):
        """Has the pool filled, one kernel at a time."""
        if self._filling is None or self._filling.done():
            self._filling = asyncio.get_running_loop().create_task(self._fill())

    async def _fill(self):
        for name, wanted in self._wanted.items():
            while len(self._pool[name]) < wanted:
                info = self.connection()
                try:
                    self._pool[name].append(await self._start(name, self.workspace, info, None))
                except (StartFailure, helper_protocol.Refused, OSError):
                    # The next one who wants a kernel learns why; until then there is no use in trying again.
                    self.remove(info)
                    break
