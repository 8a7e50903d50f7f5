"""C. Ports of the control plane, and floods of connections."""
import concurrent.futures, time

from pair import refuse
from rows import attack, elsewhere

BIND = """
own = [line.split()[3].split("/")[0] for line in os.popen("ip -o -4 addr show scope global 2>/dev/null")]
ADDRESSES = [(socket.AF_INET, a, 0) for a in ("0.0.0.0", "127.0.0.1", "127.0.0.2", *own[:1])]
ADDRESSES += [(socket.AF_INET6, "::1", 1), (socket.AF_INET6, "::", 1), (socket.AF_INET6, "::", 0)]
OPTIONS = [(), ("SO_REUSEADDR",), ("SO_REUSEPORT",), ("SO_REUSEADDR", "SO_REUSEPORT")]
def take(port, family, address, only6, options):
    try: s = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error: return errno.errorcode[error.errno]
    with s:
        if family == socket.AF_INET6: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only6)
        for name in options: s.setsockopt(socket.SOL_SOCKET, getattr(socket, name), 1)
        return attempt(lambda: s.bind((address, port)) or s.listen()) or "taken"
"""


def bind(pair, choose):
    """Tries to bind both ports from both namespaces; `choose` is an expression over family, address and options."""
    tries, taken = 0, []
    for place in ("user", "secure"):
        for port in filter(None, (pair.api_port, pair.jupyter_port)):
            answers = pair.python(BIND + f"""
tell([[f"{{a}} {{'+'.join(o)}}", take({port}, f, a, six, o)] for f, a, six in ADDRESSES for o in OPTIONS if {choose}])""", place)
            tries += len(answers)
            taken += [f"{place} {port} {name}" for name, answer in answers if answer == "taken"]
    refuse(taken, f"taken: {taken[:4]}")
    return f"{tries} tries, none succeeded"


HELD = "the helper holds [::] dual-stack without REUSE options, from start to end"


@attack("C1", "bind 0.0.0.0", "EADDRINUSE", HELD, guarantee="G2", needs=["python3"],
        no_control="the server's own listener would still be there; C6 takes it away")
def bind_any(pair):
    return bind(pair, "a == '0.0.0.0' and not o")


@attack("C2", "bind 127.0.0.1, 127.0.0.2 and the container's own address", "EADDRINUSE", HELD, guarantee="G2",
        needs=["python3"], no_control="as C1")
def bind_loopback(pair):
    return bind(pair, "a not in ('0.0.0.0', '::', '::1') and not o")


@attack("C3", "bind [::1] and [::] for IPv6 alone", "EADDRINUSE", HELD, guarantee="G2", needs=["python3"],
        controls=["dual-stack"])
def bind_six(pair):
    return bind(pair, "f == socket.AF_INET6 and not o")


@attack("C4", "all addresses with SO_REUSEADDR, SO_REUSEPORT, both and neither", "EADDRINUSE each time", HELD,
        guarantee="G2", needs=["python3"], controls=["dual-stack"],
        test="PortTests/the same attempts succeed on a port that nobody holds")
def bind_all(pair):
    return bind(pair, "True")


elsewhere("C5", "the uid that holds the port shares it with SO_REUSEPORT", "EADDRINUSE",
          "no REUSEPORT on the held socket", "PortTests/not even the uid that holds the ports can share them", "G2",
          no_control="C7 has it")
elsewhere("C6", "bind in a loop while the server is dead", "never succeeds",
          "the helper's own descriptor of the listener",
          "FaultAttackTests/C6: the port of a killed server is not free", "G2", controls=["held-ports"])
elsewhere("C7", "bind after shutdown(2) of the listener", "EADDRINUSE; the helper listens again",
          "no SO_REUSEADDR while it is held", "FaultAttackTests/C7: a listener that was shut down cannot be taken",
          "G2", controls=["exclusive-ports"])
elsewhere("C8", "user code binds 8888 before Jupyter is up", "EADDRINUSE",
          "ports are bound before any process is started", "PortTests/critical ports are pre-reserved", "G2",
          no_control="C6 has it")


@attack("C9", "bind the API's port for UDP", "allowed, without effect", "none needed", guarantee="G2",
        needs=["python3"], no_control="nothing is switched off")
def bind_udp(pair):
    answer = pair.python(f"tell(attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).bind(('0.0.0.0', {pair.api_port}))))")
    return f"bind: {answer or 'allowed'}; the API answers"


IDLE = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (min(6000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
held, end = [], time.monotonic() + 5
while time.monotonic() < end:
    while len(held) < COUNT and time.monotonic() < end:
        s = socket.socket(); s.setblocking(False)
        if s.connect_ex(("127.0.0.1", PORT)) not in (0, errno.EINPROGRESS): s.close(); break
        held.append(s)
    for s in held: attempt(lambda: s.send(b"G"))
    time.sleep(0.5)
tell(len(held))
"""


def flood(pair, port, count):
    """Answers from outside while a command inside holds connections: the slowest, in seconds."""
    slowest = 0
    with concurrent.futures.ThreadPoolExecutor() as pool:
        flooding = pool.submit(pair.python, IDLE.replace("PORT", str(port)).replace("COUNT", str(count)))
        while not flooding.done():
            start = time.monotonic()
            pair.health(timeout=30)
            slowest = max(slowest, time.monotonic() - start)
            time.sleep(0.05)
    refuse(slowest > 2, f"an answer took {slowest:.1f} s")
    return f"{flooding.result()} connections, slowest answer {slowest * 1000:.0f} ms"


@attack("C10", "2,000 connections to the API from inside that send a byte now and then",
        "the API answers outside callers within 2 s", "refused by uid before anything is read; deep queue",
        guarantee="G9", needs=["python3"], no_control="a bound on time, not a switch",
        test="ConcurrencyTests/5000 idle connections from inside keep no caller out")
def idle_connections(pair):
    return flood(pair, pair.api_port, 2000)


@attack("C11", "fill the queue of 8888", "the API answers outside callers within 2 s", "as C10", guarantee="G9",
        needs=["python3"], no_control="as C10")
def fill_jupyter(pair):
    return flood(pair, pair.jupyter_port, 2000)


EPHEMERAL = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
listener = socket.socket(); listener.bind(("127.0.0.1", 0)); listener.listen(4096)
held = []
for _ in range(15000):
    s = attempt(socket.socket)
    if isinstance(s, str) or attempt(lambda: s.connect(listener.getsockname())) is not None: break
    held.append((s, attempt(lambda: listener.accept()[0])))
count = len(held); held.clear(); tell(count)
"""


@attack("C12", "use up the ephemeral ports to one destination", "user code alone suffers",
        "per destination; RLIMIT_NOFILE", guarantee="G9", needs=["python3"], no_control="nothing is switched off")
def use_up_ports(pair):
    return f"{pair.python(EPHEMERAL, timeout=60)} connections; the API answers"


@attack("C13", "bind every port of the ephemeral range", "none of the control plane's",
        "the helper needs no ephemeral port", guarantee="G2", needs=["python3"], no_control="as C1")
def bind_ephemeral(pair):
    numbers = pair.python("""
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
low, high = map(int, open("/proc/sys/net/ipv4/ip_local_port_range").read().split())
held = []
for port in range(low, high + 1):
    s = attempt(socket.socket)
    if isinstance(s, str): break
    if attempt(lambda: s.bind(("0.0.0.0", port))) is None: held.append((port, s))
tell([len(held), [port for port, _ in held if port in PORTS]])""".replace("PORTS", repr((pair.api_port, pair.jupyter_port))), timeout=60)
    refuse(numbers[1], f"bound {numbers[1]}")
    return f"{numbers[0]} ports bound, the held ones not among them"


@attack("C14", "listen without bind", "a random port, never a held one", "the kernel picks", guarantee="G2",
        needs=["python3"], no_control="as C1")
def listen_unbound(pair):
    port = pair.python("s = socket.socket(); s.listen(); tell(s.getsockname()[1])")
    refuse(port in (pair.api_port, pair.jupyter_port), f"port {port}")
    return f"port {port}"


@attack("C15", "raw and packet sockets", "EPERM or EAFNOSUPPORT", "no NET_RAW; seccomp", guarantee="G8",
        needs=["python3"], no_control="capabilities hold where the filter does not; F19 shows the filter")
def raw_sockets(pair):
    answers = pair.python("""
tell([attempt(lambda: socket.socket(*a).close()) or "opened" for a in
      ((17, socket.SOCK_RAW, 0), (17, socket.SOCK_DGRAM, 0), (socket.AF_INET, socket.SOCK_RAW, 1), (socket.AF_INET6, socket.SOCK_RAW, 58))])""")
    refuse("opened" in answers, f"{answers}")
    return ", ".join(answers)


@attack("C16", "change addresses; talk to netfilter", "EPERM; EPROTONOSUPPORT",
        "no NET_ADMIN; netlink protocols by list", guarantee="G8", needs=["python3", "ip"], controls=["call:socket"])
def administer_network(pair):
    added = pair.user("ip addr add 192.0.2.77/32 dev lo")
    refuse(added.code == 0, "an address was added")
    answer = pair.python("tell(attempt(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12).close()) or 'opened')")
    refuse(answer == "opened", "a netfilter socket was opened")
    return f"{added.errors.strip()}; netfilter: {answer}"


elsewhere("C17", "C1 to C4 where IPv6 is switched off", "EADDRINUSE",
          "[::] binds all the same (disable_ipv6), else 0.0.0.0",
          "FaultAttackTests/C17: the ports are held where IPv6 is off", "G2", no_control="as C3")


@attack("C18", "ask the cloud's metadata service", "no connection",
        "the network policy of whoever deploys it: Docs/Deployment.md", needs=["python3"],
        no_control="not the pair's", accepted=True)
def metadata(pair):
    answer = pair.python("""
s = socket.socket(); s.settimeout(1)
try: s.connect(("169.254.169.254", 80)); tell("REACHABLE: add a network policy")
except OSError as error: tell(f"not reachable ({error})")""")
    return answer
