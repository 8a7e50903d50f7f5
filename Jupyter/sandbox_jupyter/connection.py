"""Two of a kernel's sockets, and what comes over them: written by a stranger, every byte of it."""
import asyncio
import json
import uuid

import zmq
import zmq.asyncio
from jupyter_client.session import Session

# One message of a kernel's; a longer one ends the connection that it comes over.
MESSAGE_BYTES = 32 * 1024 * 1024
# Messages that wait for us; what is beyond waits in the kernel's own memory, or is dropped there.
WAITING_MESSAGES = 64
CONNECT_SECONDS = 30
NUDGE_SECONDS = 0.1


# The form of what marks an end; others than that of the run are left over from one that was broken off.
_MARK = "application/x-sandbox-mark"


class Unresponsive(Exception):
    """The kernel runs and does not answer."""


def _silent(code):
    """A request to run code that counts as none."""
    return {
        "code": code, "silent": True, "store_history": False, "user_expressions": {}, "allow_stdin": False,
        "stop_on_error": False,
    }


class Connection:
    """Shell and iopub of one kernel."""

    def __init__(self, info):
        self._session = Session(key=info["key"], signature_scheme=info["signature_scheme"])
        self._shell = self._socket(zmq.DEALER, info, "shell")
        self._iopub = self._socket(zmq.SUB, info, "iopub")

    def _socket(self, kind, info, channel):
        made = zmq.asyncio.Context.instance().socket(kind)
        # Before it connects, which is when they count.
        made.setsockopt(zmq.LINGER, 0)
        made.setsockopt(zmq.MAXMSGSIZE, MESSAGE_BYTES)
        made.setsockopt(zmq.RCVHWM, WAITING_MESSAGES)
        if kind == zmq.SUB:
            made.setsockopt(zmq.SUBSCRIBE, b"")
        made.connect("ipc://%s-%d" % (info["ip"], info[channel + "_port"]))
        return made

    def close(self):
        self._shell.close()
        self._iopub.close()

    async def establish(self):
        """Waits until outputs arrive. A subscription is not confirmed, so the kernel is made to say something."""
        deadline = asyncio.get_running_loop().time() + CONNECT_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            await self.send("kernel_info_request", {})
            if await self._iopub.poll(NUDGE_SECONDS * 1000):
                return
        raise Unresponsive("the kernel does not answer")

    async def send(self, kind, content):
        """Sends a request; returns its id, which the answers carry."""
        message = self._session.msg(kind, content)
        await self._shell.send_multipart(self._session.serialize(message))
        return message["header"]["msg_id"]

    async def outputs(self, request, mark=None):
        """The messages that belong to the request, in order, until the kernel is idle again.

        With a `mark`, code of a kernel that says so while outputs are still on their way, until what the mark shows has come
        after them. Outputs on their way are then taken for the mark's."""
        name, last = uuid.uuid4().hex, request
        while True:
            message = await self._receive(self._iopub, request, last)
            content, kind = message["content"], message["msg_type"]
            data = content.get("data")
            if kind == "status":
                if last == request and content.get("execution_state") == "idle":
                    if mark is None:
                        return
                    last = await self.send("execute_request", _silent(mark % json.dumps({_MARK: name})))
            elif not isinstance(data, dict) or _MARK not in data:
                yield message
            elif data[_MARK] == name:
                return

    async def reply(self, request):
        """The content of the request's reply."""
        return (await self._receive(self._shell, request))["content"]

    async def _receive(self, source, *requests):
        """The next message that is well formed and belongs to one of the requests; all others are dropped."""
        while True:
            frames = await source.recv_multipart()
            # Messages that are there already are handed out at once: others must have their turn all the same.
            await asyncio.sleep(0)
            try:
                message = self._session.deserialize(self._session.feed_identities(frames)[1])
                parent, content = message["parent_header"], message["content"]
                if isinstance(content, dict) and parent.get("msg_id") in requests:
                    return message
            except Exception:
                # Forged, garbled or nested too deep: a kernel that does not keep to the protocol has no output.
                continue
