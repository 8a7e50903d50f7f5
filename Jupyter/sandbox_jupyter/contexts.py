"""What the API calls contexts: kernels with a place and a language, in which one piece of code runs at a time."""
import asyncio
import contextlib

from . import languages
from .connection import Connection, Unresponsive

# After the reply of a run its outputs have been sent, and come at once or not at all.
TAIL_SECONDS = 5
_FORMATS = {
    "image/png": "png", "image/jpeg": "jpeg", "image/svg+xml": "svg", "text/html": "html", "application/json": "json",
    "text/latex": "latex", "text/markdown": "markdown", "application/javascript": "javascript", "text/plain": "text",
}
_CHARTS = ("application/vnd.plotly.", "application/vnd.vega")


class NoContext(Exception):
    """There is no such context, or no longer."""

    def __str__(self):
        return "the context is gone"


class NoLanguage(Exception):
    """No kernel here runs the language."""


class TooMany(Exception):
    """As many contexts as are allowed exist."""


def event(message):
    """What a caller gets to see of a kernel's message; None for what is not output. Pure."""
    kind, content = message["msg_type"], message["content"]
    if kind == "stream":
        return {"type": "stderr" if content.get("name") == "stderr" else "stdout", "text": str(content.get("text", ""))}
    if kind in ("execute_result", "display_data", "update_display_data"):
        data, result = content.get("data"), {"type": "result", "metadata": content.get("metadata") or {}}
        for mime, value in data.items() if isinstance(data, dict) else ():
            if mime in _FORMATS:
                result[_FORMATS[mime]] = value
            elif mime.startswith(_CHARTS):
                result["chart"], result["chartType"] = value, mime
        return result
    if kind == "error":
        return failure(content.get("ename", ""), content.get("evalue", ""), content.get("traceback"))
    return None


def failure(name, value, traceback=()):
    """The event of a run that failed."""
    lines = [str(line) for line in traceback] if isinstance(traceback, (list, tuple)) else []
    return {"type": "error", "ename": str(name), "evalue": str(value), "traceback": lines}


async def _first(futures, timeout):
    """Those of the futures that are done when the first one is, or when the time is up."""
    done, _ = await asyncio.wait(futures, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    return done


class Context:
    """One kernel, and the turn of those who run code in it."""

    def __init__(self, kernels, identifier, language, directory, is_secure):
        self.id, self.language, self.directory, self.is_secure = identifier, language, directory, is_secure
        self._kernels = kernels
        self._turn = asyncio.Lock()
        self._connection = None

    @property
    def manager(self):
        try:
            return self._kernels.get_kernel(self.id)
        except KeyError:
            raise NoContext() from None

    @property
    def _process(self):
        return self.manager.provisioner.process

    @property
    def is_over(self):
        """Whether its kernel has ended and must not come back."""
        return self.is_secure and self._process.poll() is not None

    async def connect(self):
        self.disconnect()
        connection = Connection(self.manager.provisioner.connection_info)
        try:
            await self._unless_ended(connection.establish())
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    def disconnect(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def _unless_ended(self, work):
        """The result of `work`, or Unresponsive as soon as the kernel ends."""
        task, process = asyncio.ensure_future(work), self._process
        try:
            await _first({task, process.exit}, None)
            if not task.done():
                raise Unresponsive("the kernel ended")
            return task.result()
        finally:
            task.cancel()

    async def run(self, code, emit, gone, timeout, grace):
        """Runs code when it is its turn. `emit` takes each event and waits while its reader is behind; `gone` is set
        when there is no reader any more. Times are in seconds; `timeout` may be None."""
        async with self._turn:
            if gone.is_set():
                return
            if self.is_over:
                raise NoContext()
            if self._process.poll() is not None:
                await self._kernels.restart_kernel(self.id)
                self.disconnect()
            if self._connection is None:
                await self.connect()
            await emit(await self._run(code, emit, gone, timeout, grace))

    async def _run(self, code, emit, gone, timeout, grace):
        """The last event of the run."""
        connection, process = self._connection, self._process
        request = await connection.send(
            "execute_request",
            {
                "code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False,
                "stop_on_error": True,
            },
        )
        loop = asyncio.get_running_loop()
        failed, begun, messages = [], loop.create_future(), 0
        deadline = None if timeout is None else loop.time() + timeout
        mark = languages.by_name(self.language).mark

        async def follow():
            nonlocal messages
            async for message in connection.outputs(request, mark):
                messages += 1
                if not begun.done():
                    begun.set_result(None)
                found = event(message)
                if found is None:
                    continue
                if found["type"] == "error":
                    failed.append(found)
                else:
                    await emit(found)

        outputs = asyncio.ensure_future(follow())
        reply = asyncio.ensure_future(connection.reply(request))
        left = asyncio.ensure_future(gone.wait())
        try:
            done = await _first({outputs, reply, left, process.exit}, timeout)
            if done and done <= {outputs, reply}:
                # One of the two is there, and the other one follows unless it was lost on the way. Outputs may be many.
                known = -1
                while not outputs.done() and known != messages and not (left.done() or process.exit.done()):
                    if deadline is not None and loop.time() >= deadline:
                        done = set()
                        break
                    known, rest = messages, TAIL_SECONDS if deadline is None else deadline - loop.time()
                    await _first({outputs, left, process.exit}, min(rest, TAIL_SECONDS))
                await _first({reply, left, process.exit}, TAIL_SECONDS)
            if process.poll() is not None:
                self.disconnect()
                return failure("KernelDied", "The kernel ended while the code ran; its state is lost.")
            if not done or left.done():
                await self._stop(outputs, begun, process, grace)
                return failure("TimeoutError", "Execution timed out after %d ms." % ((timeout or 0) * 1000))
            if outputs.done():
                # What went wrong while an output was passed on.
                outputs.result()
            content = reply.result() if reply.done() else {}
            if failed:
                return failed[-1]
            if content.get("status") == "error":
                return failure(content.get("ename", ""), content.get("evalue", ""), content.get("traceback"))
            count = content.get("execution_count")
            return {"type": "execution_complete", "execution_count": count if isinstance(count, int) else 0}
        finally:
            for task in (outputs, reply, left):
                task.cancel()

    async def _stop(self, outputs, begun, process, grace):
        """Interrupts what runs, and ends the kernel if that is of no use.

        A kernel ignores an interrupt that comes before it has `begun`, which it says. Half the grace time is for what
        the code does about the interrupt. Another one follows then, in case the first came while the kernel had
        begun and the code had not."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        await _first({outputs, begun, process.exit}, grace / 2)
        for share in (0.5, 1):
            if outputs.done() or process.poll() is not None:
                break
            with contextlib.suppress(Exception):
                await self.manager.interrupt_kernel()
            await _first({outputs, process.exit}, max(0, start + grace * share - loop.time()))
        if not outputs.done():
            await process.terminate(0)
            await process.wait()
            self.disconnect()


class Contexts:
    """All contexts. Their kernels are Jupyter's, so its own clients can look into them."""

    def __init__(self, kernels, workspace):
        self._kernels, self._workspace = kernels, workspace
        self._contexts = {}
        self._starting = 0

    def all(self):
        return [context for context in self._contexts.values() if context.id in self._kernels]

    def get(self, identifier):
        context = self._contexts.get(identifier)
        if context is None or identifier not in self._kernels:
            raise NoContext()
        return context

    async def create(self, name, directory, limit, payload=None):
        """A context for the API's name of a language. With a payload it has a cell of its own."""
        language = languages.by_name(name)
        if language is None:
            raise NoLanguage(name)
        if len(self.all()) + self._starting >= limit:
            raise TooMany()
        self._starting += 1
        directory = directory or self._workspace
        options = {} if payload is None else {"sandbox_payload": payload}
        try:
            identifier = await self._kernels.start_kernel(kernel_name=language.kernel, cwd=directory, **options)
        finally:
            self._starting -= 1
        context = Context(self._kernels, identifier, name, directory, payload is not None)
        self._contexts[identifier] = context
        try:
            await context.connect()
        except BaseException:
            await self.delete(identifier)
            raise
        return context

    async def delete(self, identifier):
        """Ends the kernel and everything it started."""
        context = self.get(identifier)
        del self._contexts[identifier]
        context.disconnect()
        await self._kernels.shutdown_kernel(identifier, now=True)
