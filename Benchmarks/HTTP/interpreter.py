"""How long a caller waits for the first result of a new context, beside a plain jupyter_client start."""

import json
import subprocess
import time

import client
from pair import Failure, Pair
from table import heading, ms, quantile, ratio, table

# What Cloudflare says of its own cold contexts, in seconds; ours are measured on this machine, theirs were not.
PUBLISHED = {"javascript": 0.175, "typescript": 0.215, "python": 1.8}
FIRST = {"python": "40 + 2", "bash": "echo 42", "javascript": "40 + 2", "typescript": "const n: number = 42; n"}

# From nothing to the first result, with Jupyter's own client and nothing of ours.
PLAIN = """
import json, time
from jupyter_client.manager import start_new_kernel
times = []
for _ in range(%d):
    begun = time.perf_counter()
    manager, kernel = start_new_kernel(kernel_name="python3")
    request = kernel.execute("40 + 2")
    while True:
        message = kernel.get_iopub_msg(timeout=60)
        if message["msg_type"] == "execute_result" and message["parent_header"].get("msg_id") == request:
            break
    times.append(time.perf_counter() - begun)
    kernel.stop_channels()
    manager.shutdown_kernel(now=True)
print(json.dumps(times))
"""


def measure(programs, jupyter, runs, port):
    heading("First result of a new context")
    found = subprocess.run([f"{jupyter}/bin/python3", "-c", PLAIN % runs], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        raise Failure(f"jupyter_client cannot start a kernel: {found.stderr[-500:]}")
    plain = quantile(json.loads(found.stdout.splitlines()[-1]), 0.5)
    rows = [["python, plain jupyter_client", ms(plain), "-", ratio(plain, plain), "-"]]
    option = f"--jupyter={jupyter}/bin/sandbox-jupyter"
    cold = "python=0"
    with Pair(programs, option, f"--server-kernel-pool={cold}", port=port) as pair:
        ready(pair)
        for language in FIRST:
            rows.append(row(f"{language}, cold", [first(pair.port, language) for _ in range(runs)], plain, language))
        times = [first(pair.port, "python", {"KEY": "value"}) for _ in range(runs)]
        rows.append(row("python, in a cell", times, plain, "python"))
    warm = "python=2,bash=2,javascript=2"
    with Pair(programs, option, f"--server-kernel-pool={warm}", port=port) as pair:
        ready(pair)
        for language in FIRST:
            times = []
            for _ in range(runs):
                # The next kernel is made as soon as one is taken; nobody tells when it is there.
                time.sleep(8)
                times.append(first(pair.port, language))
            rows.append(row(f"{language}, from the pool", times, plain, language))
    table(["context", "p50", "worst", "to plain", "to published"], rows)


def row(name, times, plain, language):
    middle = quantile(times, 0.5)
    published = PUBLISHED.get(language)
    return [name, ms(middle), ms(max(times)), ratio(middle, plain), ratio(middle, published) if published else "-"]


def ask(port, method, path, body=None):
    connection = client.connect(port)
    try:
        connection.sendall(client.request(method, path, body))
        status, data = client.answer(connection)
    finally:
        connection.close()
    if status != 200:
        raise Failure(f"{method} {path}: {status} {data[:200]!r}")
    return data


def ready(pair):
    """Waits until Jupyter is there."""
    deadline = time.monotonic() + 120
    while json.loads(ask(pair.port, "GET", "/api/interpreter/health"))["status"] != "healthy":
        if time.monotonic() > deadline:
            raise Failure("the code interpreter did not come up:\n" + pair.text())
        time.sleep(0.1)


def first(port, language, variables=None):
    """Seconds from asking for a context to the end of its first code."""
    begun = time.perf_counter()
    order = {"language": language}
    if variables:
        order["env_vars"] = variables
    context = json.loads(ask(port, "POST", "/api/contexts", order))["contextId"]
    text = ask(port, "POST", "/api/execute/code", {"context_id": context, "code": FIRST[language]})
    seconds = time.perf_counter() - begun
    if b"42" not in text or b"execution_complete" not in text:
        raise Failure(f"{language}: {text[-300:]!r}")
    ask(port, "DELETE", f"/api/contexts/{context}")
    return seconds
