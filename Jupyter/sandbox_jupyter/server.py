"""Jupyter's server with what it must not do here taken out: it starts no program and opens no file of a user's."""
import asyncio
import logging
import os
import posixpath
import shutil
import signal
import time
from importlib.metadata import EntryPoint

import zmq
from jupyter_client.provisioning import KernelProvisionerFactory
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.contents.manager import AsyncContentsManager
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from traitlets.config import Config

from . import handlers
from .connection import MESSAGE_BYTES
from .contexts import Contexts
from .helper import Helper, Refused
from .kernels import KernelStarter, StartFailure
from .languages import FixedKernelSpecManager
from .provisioner import SandboxProvisioner


class NoContents(AsyncContentsManager):
    """There are no files behind this server; the sessions API only asks where a notebook would lie."""

    async def get_kernel_path(self, path, model=None):
        return ""


class Kernels(AsyncMappingKernelManager):
    """Kernels whose directories are looked at by nobody in control."""

    def cwd_for_path(self, path, **kwargs):
        return posixpath.normpath(posixpath.join(self.root_dir, (path or "").strip("/")))

    def _handle_kernel_died(self, kernel_id):
        """It stays in the list, dead, and can be started again."""


class SandboxServer(ServerApp):
    """The kernels' API and nothing else."""

    default_services = ("api", "kernels", "kernelspecs", "sessions")

    def load_config_file(self, suppress_errors=True):
        """No configuration but the one below."""

    def write_server_info_file(self):
        """It would hold the token."""

    def remove_server_info_file(self):
        """There is none."""

    def write_browser_open_files(self):
        """They would hold it too."""

    def remove_browser_open_files(self):
        """There are none."""

    def init_signal(self):
        """`serve` has its own."""

    def init_webapp(self):
        super().init_webapp()
        self.web_app.add_handlers(".*$", handlers.ROUTES)


def settings(directory, token, workspace):
    """Everything that is not as Jupyter has it by default."""
    config = Config()
    server = config.ServerApp
    server.sock = os.path.join(directory, "server.sock")
    server.sock_mode = "0600"
    server.root_dir = "/"
    server.open_browser = False
    server.allow_remote_access = True
    server.jpserver_extensions = {}
    server.kernel_manager_class = Kernels
    server.kernel_spec_manager_class = FixedKernelSpecManager
    server.contents_manager_class = NoContents
    server.terminals_enabled = False
    server.log_level = 40
    config.IdentityProvider.token = token
    # A kernel that has ended stays so until somebody wants it back.
    config.KernelRestarter.restart_limit = 0
    config.AsyncMappingKernelManager.root_dir = workspace
    config.AsyncMappingKernelManager.default_kernel_name = "python3"
    config.KernelManager.transport = "ipc"
    return config


def only_our_provisioner(starter):
    """Takes the provisioners that would start programs here out of Jupyter's reach."""
    factory = KernelProvisionerFactory.instance()
    factory.provisioners.clear()
    factory.provisioners["sandbox"] = EntryPoint(
        "sandbox", "sandbox_jupyter.provisioner:SandboxProvisioner", KernelProvisionerFactory.GROUP_NAME
    )
    factory.default_provisioner_name = "sandbox"
    SandboxProvisioner.starter = starter


class Ration(logging.Filter):
    """Lets so many lines of the log through in a minute: kernels can make Jupyter complain as often as they like."""

    LINES, SECONDS = 20, 60

    def __init__(self):
        super().__init__()
        self._begun, self._count = time.monotonic(), 0

    def filter(self, record):
        now = time.monotonic()
        if now - self._begun >= self.SECONDS:
            self._begun, self._count = now, 0
        self._count += 1
        if record.exc_info and isinstance(record.exc_info[1], (Refused, StartFailure)):
            # The message says it all, and whoever asked for the kernel gets it too.
            record.exc_info = None
        if self._count == self.LINES:
            record.msg, record.args, record.exc_info = "Further lines of this minute are left out.", (), None
        return self._count <= self.LINES


def ration_log(application):
    """Bounds what comes to the container's log, by whichever way."""
    ration = Ration()
    for handler in [*application.log.handlers, *logging.getLogger().handlers, logging.lastResort]:
        handler.addFilter(ration)


async def serve(helper_descriptor, token, directory, pool):
    """Serves until SIGTERM."""
    helper = Helper(helper_descriptor)
    await helper.start()
    starter = KernelStarter(helper, os.path.join(directory, "kernels"), pool)
    only_our_provisioner(starter)
    application = SandboxServer.instance(config=settings(directory, token, helper.workspace))
    application.initialize(argv=[], find_extensions=False)
    ration_log(application)
    # Of every socket that Jupyter itself makes for a kernel.
    application.kernel_manager.context.setsockopt(zmq.MAXMSGSIZE, MESSAGE_BYTES)
    application.web_app.settings["sandbox_contexts"] = Contexts(application.kernel_manager, helper.workspace)
    application.web_app.settings["sandbox_payloads"] = handlers.PayloadDoor(os.path.join(directory, "payload.sock"))
    # This process's end is that of its channel, and so of all kernels.
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    application.start_app()
    starter.fill()
    await stopped.wait()
    # Without namespaces it lies where others' files lie too.
    shutil.rmtree(directory, ignore_errors=True)
    os._exit(0)
