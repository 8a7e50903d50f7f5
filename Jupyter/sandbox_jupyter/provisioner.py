"""Jupyter's way of starting kernels, replaced: everything goes through `KernelStarter`, nothing through exec."""
import asyncio
import signal

from jupyter_client.provisioning import KernelProvisionerBase

GRACE_MILLISECONDS = 2000


class SandboxProvisioner(KernelProvisionerBase):
    """One kernel's life, as its manager sees it."""

    # Set once, before the first kernel: the server's starter.
    starter = None
    _kernel = None
    _process = None
    # Whether the end of the kernel is wanted.
    _is_ending = False

    @property
    def process(self):
        """The kernel's process, ended or not; None before the first."""
        return self._process

    @property
    def has_process(self):
        return self._kernel is not None

    async def poll(self):
        return self._kernel.process.poll() if self._kernel else 0

    async def wait(self):
        if self._kernel is None:
            return 0
        code = await self._kernel.process.wait()
        self._kernel = None
        return code

    async def send_signal(self, signum):
        if self._kernel is None or signum == 0:
            return
        if signum == signal.SIGKILL:
            await self._kernel.process.terminate(0)
        else:
            await self._kernel.process.signal(signum)

    async def kill(self, restart=False):
        self._is_ending = True
        if self._kernel is not None:
            await self._kernel.process.terminate(0)

    async def terminate(self, restart=False):
        self._is_ending = True
        if self._kernel is not None:
            await self._kernel.process.terminate(GRACE_MILLISECONDS)

    async def pre_launch(self, **kwargs):
        # Nothing is merged into an environment here, and no connection file is written before there is a kernel.
        kwargs.pop("env", None)
        return dict(kwargs, cmd=[])

    async def launch_kernel(self, cmd, **kwargs):
        name = self.parent.kernel_name
        directory = kwargs.get("cwd") or self.starter.workspace
        payload = kwargs.get("sandbox_payload")
        if self.connection_info:
            # A restart: clients are connected to these sockets' names.
            if payload is not None:
                raise RuntimeError("a kernel with credentials is not started again")
            self._kernel = await self.starter.start_again(name, directory, self.connection_info)
        elif payload is not None:
            self._kernel = await self.starter.start(name, directory, payload)
        else:
            self._kernel = await self.starter.kernel(name, directory)
        self.connection_info = self._kernel.info
        self._is_ending = False
        process = self._process = self._kernel.process
        process.exit.add_done_callback(lambda _: self._ended(process))
        return self.connection_info

    def _ended(self, process):
        """Tells the manager at once; it would look only every few seconds."""
        restarter = getattr(self.parent, "_restarter", None)
        if restarter is not None and process is self._process and not self._is_ending:
            asyncio.ensure_future(restarter.poll())

    async def cleanup(self, restart=False):
        if not restart and self.connection_info:
            self.starter.remove(self.connection_info)

    def resolve_path(self, path):
        return None
