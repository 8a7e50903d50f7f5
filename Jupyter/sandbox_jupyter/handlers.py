"""What sandbox-server asks beside Jupyter's own API. Reached over the Unix socket only: the server passes none of these
paths on."""
import asyncio
import json
import os
import socket

from jupyter_server.base.handlers import APIHandler
from tornado import web
from tornado.iostream import StreamClosedError

from . import languages
from .connection import Unresponsive
from .contexts import NoContext, NoLanguage, TooMany, failure
from .helper import Refused
from .kernels import DirectoryFailure, StartFailure

_PAYLOAD_SECONDS = 10
_PAYLOADS = 64
# Characters of output in one event.
_PIECE = 65536


class PayloadDoor:
    """Takes sealed files with credentials that are for the helper. They are passed on as they are: nobody here reads
    them. Each lives until it is used or its sender's connection is gone."""

    def __init__(self, path):
        self._waiting = {}
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if os.path.lexists(path):
            os.unlink(path)
        self._door.bind(path)
        self._door.listen(16)
        self._door.setblocking(False)
        asyncio.get_running_loop().add_reader(self._door.fileno(), self._accept)

    def _accept(self):
        sender, _ = self._door.accept()
        sender.setblocking(False)
        asyncio.get_running_loop().add_reader(sender.fileno(), self._receive, sender, [])

    def _receive(self, sender, names):
        name, descriptors, _, _ = socket.recv_fds(sender, 64, 1)
        if name and len(descriptors) == 1 and not names and len(self._waiting) < _PAYLOADS:
            names.append(name.decode("ascii", "replace"))
            self._future(names[0]).set_result(descriptors[0])
            return
        for descriptor in descriptors:
            os.close(descriptor)
        asyncio.get_running_loop().remove_reader(sender.fileno())
        sender.close()
        for known in names:
            future = self._waiting.pop(known, None)
            if future is not None and future.done() and not future.cancelled():
                os.close(future.result())

    def _future(self, name):
        return self._waiting.setdefault(name, asyncio.get_running_loop().create_future())

    async def take(self, name):
        """The file of this name, now the caller's; it comes over another socket than the request for it."""
        descriptor = await asyncio.wait_for(asyncio.shield(self._future(name)), _PAYLOAD_SECONDS)
        self._waiting.pop(name, None)
        return descriptor


class SandboxHandler(APIHandler):
    """What the routes share: their errors."""

    @property
    def contexts(self):
        return self.settings["sandbox_contexts"]

    async def create(self, order):
        """A context as ordered."""
        payload = None
        if order.get("payload"):
            payload = await self.settings["sandbox_payloads"].take(order["payload"])
        try:
            return await self.contexts.create(order["language"], order.get("directory"), order["limit"], payload)
        finally:
            if payload is not None:
                os.close(payload)

    def refuse(self, error):
        """Answers with what went wrong, in the words that the server knows."""
        context = {}
        if isinstance(error, NoContext):
            problem = "context"
        elif isinstance(error, NoLanguage):
            problem = "language"
        elif isinstance(error, TooMany):
            problem = "limit"
        elif isinstance(error, DirectoryFailure):
            problem, context = "directory", {"errno": error.errno}
        elif isinstance(error, Refused):
            problem, context = "refused", {"code": error.code, "stage": error.stage, "errno": error.errno}
        else:
            problem, context = "start", {"message": str(error)}
        self.set_status(409)
        self.finish(json.dumps(dict(context, problem=problem)))


_FAILURES = (NoContext, NoLanguage, TooMany, StartFailure, Refused, Unresponsive, OSError, asyncio.TimeoutError)


class InterpreterHandler(SandboxHandler):
    @web.authenticated
    async def get(self):
        names = [name for language in languages.INSTALLED.values() for name in language.names]
        self.finish(json.dumps({"languages": names, "arguments": languages.host_arguments()}))


class ContextsHandler(SandboxHandler):
    @web.authenticated
    async def get(self):
        rows = [{"id": each.id, "language": each.language, "cwd": each.directory} for each in self.contexts.all()]
        self.finish(json.dumps({"contexts": rows}))

    @web.authenticated
    async def post(self):
        try:
            context = await self.create(self.get_json_body())
        except _FAILURES as error:
            return self.refuse(error)
        self.finish(json.dumps({"id": context.id, "language": context.language, "cwd": context.directory}))


class ContextHandler(SandboxHandler):
    @web.authenticated
    async def delete(self, identifier):
        try:
            await self.contexts.delete(identifier)
        except _FAILURES as error:
            return self.refuse(error)
        self.finish("{}")


class RunHandler(SandboxHandler):
    """Runs code; the answer is one event a line, as they come."""

    def on_connection_close(self):
        self._gone.set()

    def prepare(self):
        self._gone = asyncio.Event()
        self._sent = {}
        self._dropped = False
        return super().prepare()

    @web.authenticated
    async def post(self):
        order = self.get_json_body()
        self._limit = order["outputLimit"]
        timeout = order["timeout"] / 1000 if order.get("timeout") else None
        own = None
        try:
            context = self.contexts.get(order["context"]) if order.get("context") else None
            if context is None or order.get("payload"):
                # Just for this run.
                if context is not None:
                    order["language"], order["directory"] = context.language, context.directory
                context = own = await self.create(order)
            if context.is_over:
                raise NoContext()
            self.set_header("Content-Type", "application/x-ndjson")
            # The code may be silent for long, and whoever waits is to know that it runs.
            await self.flush()
            await context.run(order["code"], self._emit, self._gone, timeout, order["grace"] / 1000)
        except _FAILURES as error:
            if not self._headers_written:
                return self.refuse(error)
            await self._emit(failure("KernelError", str(error) or type(error).__name__))
        finally:
            if own is not None:
                try:
                    await self.contexts.delete(own.id)
                except NoContext:
                    pass
        if not self._gone.is_set():
            self.finish()

    async def _emit(self, event):
        """Sends an event as far as the limit for its kind goes."""
        kind = event["type"]
        if kind in ("stdout", "stderr"):
            text = event["text"][:max(self._limit - self._sent.get(kind, 0), 0)]
            self._dropped = self._dropped or len(text) < len(event["text"])
            self._sent[kind] = self._sent.get(kind, 0) + len(text)
            for start in range(0, len(text), _PIECE):
                await self._send(dict(event, text=text[start:start + _PIECE]))
        elif kind == "execution_complete" and self._dropped:
            await self._send(dict(event, truncated=True))
        else:
            await self._send(event)

    async def _send(self, event):
        try:
            line = json.dumps(event, allow_nan=False)
        except (ValueError, TypeError, RecursionError):
            # Only a result can hold what JSON does not know.
            line = json.dumps({"type": "result", "metadata": {}, "text": str(event.get("text", ""))})
        if event["type"] == "result":
            self._sent["result"] = self._sent.get("result", 0) + len(line)
            if self._sent["result"] > self._limit:
                self._dropped = True
                return
        if self._gone.is_set():
            return
        try:
            self.write(line + "\n")
            await self.flush()
        except StreamClosedError:
            self._gone.set()


ROUTES = [
    (r"/sandbox/interpreter", InterpreterHandler),
    (r"/sandbox/contexts", ContextsHandler),
    (r"/sandbox/contexts/([0-9a-f-]{36})", ContextHandler),
    (r"/sandbox/run", RunHandler),
]
