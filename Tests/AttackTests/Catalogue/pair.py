"""A running pair as somebody outside sees it: its HTTP API, and commands inside."""
import base64, contextlib, http.client, json, os, pathlib, secrets, shlex, threading, urllib.parse
from typing import NamedTuple

from rows import Broken, NotApplicable

# Through the loader: the catalogue may lie in an archive.
INSIDE = __loader__.get_data(str(pathlib.Path(__file__).with_name("inside.py"))).decode()
SESSIONLESS = "__DISABLE_SESSION__"


class Unfinished(Exception):
    """What would have judged an attack did not come to its end."""


class Result(NamedTuple):
    code: int
    out: str
    errors: str

    @property
    def text(self):
        return self.out + self.errors

    @property
    def lines(self):
        return self.out.splitlines()


class Answer(NamedTuple):
    status: int
    body: str


class Pair:
    def __init__(self, url, token=None, api_port=None, jupyter_port=None, helper_socket=None, secret_path=None):
        parts = urllib.parse.urlsplit(url if "//" in url else "http://" + url)
        if parts.scheme != "http" or not parts.hostname or parts.path not in ("", "/"):
            raise ValueError(f"'{url}' is no address of the form http://HOST:PORT")
        self.host, self.port, self.token = parts.hostname, parts.port or 80, token
        # As the sandbox sees them.
        self.api_port, self.jupyter_port = api_port or self.port, jupyter_port
        self.helper_socket, self.secret_path = helper_socket, secret_path
        self.canaries, self.tools = [], set()
        health = self.health()
        self.mode, self.workspace = health.get("mode"), health["workspace"]["path"]
        self.scratch = f"{self.workspace}/.attack-{secrets.token_hex(4)}"

    def call(self, method, path, body=None, timeout=60, headers={}):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        headers = dict(headers, **({"X-Sandbox-Token": self.token} if self.token else {}))
        try:
            if body is not None:
                headers["Content-Type"] = "application/json"
                body = json.dumps(body)
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode("utf-8", "replace"))
        finally:
            connection.close()

    def health(self, timeout=10):
        return json.loads(self.call("GET", "/health", timeout=timeout).body)

    def canary(self):
        """A new value that must turn up nowhere; it is searched for after the attack."""
        self.canaries.append("s3cr3t-" + secrets.token_hex(16))
        return self.canaries[-1]

    def request(self, command, namespace="user", env=None, cwd=None, timeout=30, **more):
        body = dict(command=command, namespace=namespace, timeoutMs=int(timeout * 1000), sessionId=SESSIONLESS, **more)
        return dict(body, **({"env": env} if env else {}), **({"cwd": cwd} if cwd else {}))

    def run(self, command, place="user", env=None, cwd=None, timeout=30):
        """Runs a shell command to its end."""
        answer = self.call("POST", "/api/execute", self.request(command, place, env, cwd, timeout), timeout + 30)
        if answer.status != 200:
            raise RuntimeError(f"the command was not run: HTTP {answer.status}: {answer.body[:300]}")
        value = json.loads(answer.body)
        if value["namespace"] != place:
            raise RuntimeError(f"the command ran in {value['namespace']}, not in {place}")
        return Result(value["exitCode"], value["stdout"], value["stderr"])

    def user(self, command, **more):
        return self.run(command, "user", **more)

    def secure(self, command, **more):
        return self.run(command, "secure", **more)

    def python(self, code, place="user", **more):
        """Runs Python with the words of inside.py, and returns what it tells."""
        result = self.run(self.script(code), place, **more)
        try:
            return json.loads(result.lines[-1])
        except (ValueError, IndexError):
            raise RuntimeError(f"the code told nothing, exit code {result.code}: {result.text[-500:]}") from None

    @staticmethod
    def script(code):
        return f"exec python3 -c {shlex.quote(INSIDE + chr(10) + code)}"

    @contextlib.contextmanager
    def running(self, command, place="user", env=None, after=""):
        """A command that has come to its end and waits there while the body runs; `after` it does then.

        Gives a list that holds its result once the body has ended.
        """
        name = f"{self.scratch}/{secrets.token_hex(4)}"
        wait = f"touch {name}.here; while [ ! -e {name}.go ]; do sleep 0.02; done"
        outcome = []

        def work():
            try:
                outcome.append(self.run(f"{command}\n{wait}\n{after}", place, env))
            except Exception as error:  # told to whoever waits
                outcome.append(error)
        thread = threading.Thread(target=work)
        thread.start()
        try:
            there = self.user(f"for i in $(seq 500); do [ -e {name}.here ] && exit; sleep 0.02; done; exit 1")
            if there.code != 0:
                raise RuntimeError(f"the command beside did not start: {outcome}")
            yield outcome
        finally:
            self.user(f"touch {name}.go")
            thread.join()
        if isinstance(outcome[0], Exception):
            raise outcome[0]

    def write(self, path, text):
        """A file of the user's."""
        encoded = base64.b64encode(text.encode()).decode()
        result = self.user(f"mkdir -p {shlex.quote(os.path.dirname(path))} && base64 -d > {shlex.quote(path)} <<'EOF'\n{encoded}\nEOF")
        if result.code != 0:
            raise RuntimeError(f"cannot write {path}: {result.errors}")

    def need(self, *tools):
        missing = [tool for tool in tools if tool not in self.tools]
        if missing:
            raise NotApplicable(f"not in the sandbox: {', '.join(missing)}")

    def find_tools(self, names):
        listing = self.user("; ".join(f"command -v {name} >/dev/null && echo {name}" for name in sorted(names)))
        self.tools = set(listing.lines)

    def open(self):
        if self.user(f"mkdir -m 2775 {self.scratch}").code != 0:
            raise RuntimeError(f"{self.scratch} cannot be made")

    def close(self):
        self.user(f"rm -rf {self.scratch}")

    # Everything that a command may read of others and of what others left. The value itself must not stand in the
    # search's own command line.
    def leaks(self):
        """Where a canary is found, and forgets the canaries."""
        found, values, self.canaries = [], self.canaries, []
        if not values:
            return found
        halves = " ".join(f"{value[:12]} {value[12:]}" for value in values)
        search = f"""
            {{ ls -d /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\n' '\\0'
               find "$HOME" /tmp /var/tmp /dev/shm /run /dev/mqueue {self.workspace} -type f -size -2048k -print0; }} 2>/dev/null |
            HALVES='{halves}' xargs -0 -r -n 200 sh -c 'printf "%s%s\\n" $HALVES | grep -alF -f - -- "$@" 2>/dev/null' - | head -n 20
            echo searched"""
        for place in ("user", "secure"):
            lines = self.run(search, place, timeout=100).lines
            # One that was cut off has found nothing and proves nothing.
            if lines[-1:] != ["searched"]:
                raise Unfinished(f"the search for credentials in {place} did not come to its end")
            found += [f"{place}: {line}" for line in lines[:-1]]
        for path in ("/api/process/list", "/api/session/list", "/api/exposed-ports", "/health"):
            body = self.call("GET", path).body
            found += [f"GET {path}" for value in values if value in body]
        return found


def refuse(condition, seen):
    """The attack has succeeded if the condition holds."""
    if condition:
        raise Broken(seen)
