"""The kernels there are, and what each takes. The list is fixed: no file of anybody's adds to it."""
import importlib.util
import os
import sys

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel

_DIRECTORY = os.path.dirname(os.path.abspath(__file__))
# Where pictures would lie; there are none.
_RESOURCES = os.path.join(_DIRECTORY, "resources")
HOST = os.path.join(_DIRECTORY, "kernel_host.py")


class Language:
    """One kernel specification, and the API's names of the languages it runs."""

    def __init__(
        self, kernel, language, title, names, is_installed, moves=False, interrupt="signal", mark=None
    ):
        self.kernel, self.language, self.title, self.names = kernel, language, title, names
        self.is_installed, self.interrupt = is_installed, interrupt
        # Whether a running kernel can be moved to another directory.
        self.moves = moves
        # For a kernel that calls itself idle before its outputs are out (Deno 2 queues them, and takes a while for each): code
        # that shows {data} and nothing else, by the same way as any output.
        self.mark = mark


def _has_module(name):
    return importlib.util.find_spec(name) is not None


def _has_deno():
    program = os.path.join(os.path.dirname(sys.executable), "deno")
    return os.access(program, os.X_OK) and os.path.exists(os.path.join(_DIRECTORY, "deno_sockets.so"))


ALL = [
    Language("python3", "python", "Python 3", ["python"], _has_module("ipykernel"), moves=True),
    Language("bash", "bash", "Bash", ["bash"], _has_module("bash_kernel")),
    # TypeScript is what it takes, and JavaScript is TypeScript.
    Language(
        "deno", "typescript", "Deno", ["javascript", "typescript"], _has_deno(), interrupt="message",
        mark='void globalThis.Deno?.jupyter?.broadcast?.("display_data", {data: %s, metadata: {}, transient: {}})',
    ),
]
INSTALLED = {each.kernel: each for each in ALL if each.is_installed}


def by_name(name):
    """The language of the API's name; None if this image has none."""
    return next((each for each in INSTALLED.values() if name in each.names), None)


def host_arguments():
    """argv of what runs a kernel in `user` or in a cell."""
    return [sys.executable, HOST]


class FixedKernelSpecManager(KernelSpecManager):
    """Knows the languages above and reads no directory."""

    def find_kernel_specs(self):
        return {name: _RESOURCES for name in INSTALLED}

    def get_kernel_spec(self, kernel_name):
        if kernel_name not in INSTALLED:
            raise NoSuchKernel(kernel_name)
        language = INSTALLED[kernel_name]
        return KernelSpec(
            argv=host_arguments(),
            display_name=language.title,
            language=language.language,
            interrupt_mode=language.interrupt,
            metadata={"kernel_provisioner": {"provisioner_name": "sandbox"}},
        )

    def get_all_specs(self):
        return {
            name: {"resource_dir": _RESOURCES, "spec": self.get_kernel_spec(name).to_dict()}
            for name in INSTALLED
        }
