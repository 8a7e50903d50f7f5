"""D. Unix sockets. What somebody can do who holds the helper's socket is in d_helper."""
import os

from pair import refuse
from rows import attack


@attack("D1", "take an abstract name that the pair uses", "the pair uses none", "rule: no abstract sockets",
        guarantee="G8", needs=["python3"], no_control="there is nothing to switch")
def abstract_names(pair):
    names = pair.user("grep -oE '@(.*(sandbox|ns-helper|jupyter).*)' /proc/net/unix | sort -u").lines
    refuse(names, f"{names}")
    return "no abstract name of the pair"


@attack("D2", "a cell's command connects to an abstract socket of user's and hands its value over", "EPERM",
        "Landlock scopes (Linux 6.12)", guarantee="G4", needs=["python3"], controls=["landlock-scope"])
def abstract_socket(pair):
    canary, name = pair.canary(), "evil" + os.urandom(6).hex()
    listener = pair.script(f"""
s = socket.socket(socket.AF_UNIX); s.bind("\\0{name}"); s.listen(); s.settimeout(20)
print("listening", flush=True)
try: print(s.accept()[0].recv(100).decode(), flush=True)
except TimeoutError: pass""").removeprefix("exec ")
    with pair.running(f"{{ {listener} > {pair.scratch}/heard & }}; sleep 0.5", "user"):
        answer = pair.python(f"""
s = socket.socket(socket.AF_UNIX)
tell(attempt(lambda: s.connect("\\0{name}") or s.send(os.environ["CANARY"].encode()) and "sent"))""", "secure", env={"CANARY": canary})
        heard = pair.user(f"cat {pair.scratch}/heard; rm {pair.scratch}/heard; pkill -f {name}").out
    if answer == "sent":
        pair.canaries.remove(canary)
    refuse(answer == "sent", f"sent, and user heard {len(heard)} bytes")
    return answer


@attack("D3", "user hands a directory's descriptor to a cell through a socket in the workspace",
        "possible where the cell's command takes part",
        "by consent: tools do not do this; a descriptor gives the receiver nothing that the sender lacks",
        guarantee="G4", accepted=True)
def hand_over(pair):
    return "not tried: it takes two that agree"


@attack("D4", "connect to every path in /proc/net/unix",
        "no connection; where nothing can be mounted, one that is closed unanswered",
        "the helper's socket is covered; its door admits root and control alone", guarantee="G8", needs=["python3"],
        controls=["private-run,hidden-paths"])
def connect_to_paths(pair):
    for place in ("user", "secure"):
        answers = pair.python("""
paths = {line.split(None, 7)[7].strip() for line in open("/proc/net/unix").readlines()[1:] if len(line.split(None, 7)) > 7}
answers = {}
for path in sorted(p for p in paths if p.startswith("/")):
    for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET, socket.SOCK_DGRAM):
        s = socket.socket(socket.AF_UNIX, kind)
        if attempt(lambda: s.connect(path)) is not None: continue
        hello = struct.pack("<4sHHQIHHQ", b"NSH1", 1, 1, 1, 0, 0, 0, 0)
        s.settimeout(3)
        answers[path] = attempt(lambda: s.send(hello) and len(s.recv(4096)))
tell(answers)""", place)
        if pair.mode != "namespaces":
            answers = {path: answer for path, answer in answers.items() if isinstance(answer, int) and answer > 0}
        refuse(answers, f"{place}: connected; errors or bytes that came: {answers}")
    return "no path can be connected to"
