"""Where sandbox-jupyter begins."""
import errno
import os
import shutil
import stat
import sys

from . import lockdown

# EX_CONFIG, sysexits.h: the helper does not start it again.
_CONFIGURATION_ERROR = 78


def pool_sizes(text):
    """How many kernels of each language are kept warm, by kernel: `python=1,bash=0`."""
    from . import languages

    sizes = {}
    for part in filter(None, (text or "").split(",")):
        name, _, number = part.partition("=")
        language = languages.by_name(name.strip())
        if language is not None and number.strip().isdigit():
            sizes[language.kernel] = max(sizes.get(language.kernel, 0), int(number))
    return sizes


def main():
    numbers = lockdown.inherited()
    lockdown.give_up_programs(numbers["filter"])
    token = lockdown.read_file(numbers["token"]).decode("ascii")
    os.close(numbers["token"])
    directory = os.environ["SANDBOX_JUPYTER_DIRECTORY"]
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
        place = os.path.dirname(directory)
        print("sandbox-jupyter: a writable %s is needed: %s" % (place, error.strerror), file=sys.stderr)
        sys.exit(_CONFIGURATION_ERROR)
    status = os.lstat(directory)
    if status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) != 0o700 or not stat.S_ISDIR(status.st_mode):
        raise SystemExit("sandbox-jupyter: its directory is somebody else's")
    # Where Jupyter keeps what it writes down, for as long as this process lives.
    for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
        os.environ[name] = os.path.join(directory, name.lower())
    os.environ["JUPYTER_NO_CONFIG"] = "1"
    # What libraries make beside that goes with it. One that was killed has left its own.
    temporary = os.environ["TMPDIR"] = os.path.join(directory, "temporary")
    shutil.rmtree(temporary, ignore_errors=True)
    os.mkdir(temporary, mode=0o700)

    import asyncio

    from . import server

    sizes = pool_sizes(os.environ.get("SANDBOX_SERVER_KERNEL_POOL", "python=1"))
    asyncio.run(server.serve(numbers["helper"], token, directory, sizes))
