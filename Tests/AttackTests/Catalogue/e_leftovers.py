"""E. Credentials: what cells leave behind, and what they can see of each other."""
import json

from pair import refuse
from rows import NotApplicable, attack, elsewhere

CELL_MOUNTS = "file systems of its own for each cell"
PLACES = "/tmp /var/tmp /dev/shm ~ /run"


@attack("E1", "write the value everywhere in a cell, then search everything that user and the next cell can read",
        "not found", CELL_MOUNTS + "; another uid", guarantee="G4", controls=["cell-mounts"])
def search_after(pair):
    pair.secure(f"for d in {PLACES}; do env > $d/left; done 2>/dev/null; true", env={"CANARY": pair.canary()})
    leaks = pair.leaks()
    refuse(leaks, f"{leaks}")
    return "environs, command lines and all private and shared files searched"


@attack("E2", "leave files in /tmp, /var/tmp, /dev/shm, HOME and ~/.aws for the next cell", "gone", CELL_MOUNTS,
        guarantee="G5", controls=["cell-mounts"])
def leave_files(pair):
    pair.secure(f"mkdir -p ~/.aws/cli/cache; for d in {PLACES} ~/.aws/cli/cache; do echo x > $d/attack-e2; done 2>/dev/null; true", env={"CANARY": pair.canary()})
    left = pair.secure(f"ls -d {PLACES.replace(' ', '/attack-e2 ')}/attack-e2 ~/.aws 2>/dev/null; true", env={"OTHER": "a"}).lines
    pair.secure(f"rm -rf ~/.aws; for d in {PLACES}; do rm -f $d/attack-e2; done; true")
    refuse(left, f"{left}")
    return "nothing left for the next cell"


def leftovers(pair, script):
    """Runs a script that leaves a process named by its duration, and tells whether one is alive in a later cell or user."""
    duration = "86400." + pair.canary()[7:15].translate(str.maketrans("abcdef", "123456"))
    pair.secure(script.replace("DURATION", duration), env={"CANARY": "a"})
    # In two halves: the search must not find itself.
    search = f"""wanted=$(printf '%s%s' {duration[:9]} {duration[9:]})
        for p in /proc/[0-9]*; do line=$(tr '\\0' ' ' < $p/cmdline) && case $line in *"$wanted"*) echo "$line";; esac; done 2>/dev/null; true"""
    seen = [line for place in ("user", "secure") for line in pair.run(search, place).lines]
    if seen:
        pair.secure(f"pkill -9 -f {duration}")
    refuse(seen, f"alive after the answer: {seen}")
    return "dead before the answer"


@attack("E3", "leave a background process: setsid, disown", "dead before the answer arrives",
        "the end of a cell's pid 1 ends the cell", guarantee="G5", controls=["cell-pid-namespace"])
def leave_process(pair):
    return leftovers(pair, "setsid sleep DURATION >/dev/null 2>&1 & disown; exit 0")


@attack("E4", "the same with a double fork, SIGTERM ignored, no parent death signal, stopped",
        "dead before the answer arrives", "as E3: SIGKILL by the kernel", guarantee="G5",
        controls=["cell-pid-namespace"])
def leave_stubborn_process(pair):
    return leftovers(pair, "(trap '' TERM HUP; setsid sh -c 'trap \"\" TERM HUP; sleep DURATION & kill -STOP $!' >/dev/null 2>&1 &) & wait; sleep 0.2")


@attack("E5", "crash in the workspace with every core limit raised", "no core file",
        "RLIMIT_CORE 1 for soft and hard", guarantee="G4", controls=["core-limit"])
def crash(pair):
    result = pair.secure("ulimit -c unlimited 2>/dev/null; sh -c 'ulimit -c unlimited 2>/dev/null; kill -SEGV $$'; find . -newer /proc/self -name '*core*' -size +0; ls", cwd=pair.scratch, env={"CANARY": pair.canary()})
    cores = [line for line in pair.user(f"find {pair.scratch} -maxdepth 1 -name '*core*'").lines]
    refuse(cores, f"{cores}")
    return f"the crash was seen ({'core dumped' if 'dumped' in result.errors else 'no dump'}), no file"


@attack("E20", "leave shared memory and queues with fixed keys", "neither user nor the next cell sees them",
        "an IPC namespace for each cell", guarantee="G4", needs=["python3"], controls=["cell-ipc-namespace"])
def leave_shared_memory(pair):
    make = "tell(sc('shmget', 0x41545431, 4096, 0o1666))"
    made = pair.python(make, "secure", env={"CANARY": pair.canary()})
    if made == "ENOSYS":
        return "a cell has no shared memory with keys (ENOSYS)"
    if not isinstance(made, int):
        raise RuntimeError(f"shmget: {made}")
    answers = {place: pair.python("""
found = sc('shmget', 0x41545431, 0, 0)
if isinstance(found, int): sc('shmctl', found, 0, 0)
tell(found)""", place) for place in ("user", "secure")}
    refuse(any(isinstance(answer, int) for answer in answers.values()), f"{answers}")
    return f"{answers}"


@attack("E21", "open another cell's descriptors and memfds through /proc", "not there",
        "a PID namespace for each cell", guarantee="G4", needs=["python3"],
        controls=["cell-pid-namespace,landlock-scope"])
def open_descriptors(pair):
    hold = pair.script("""
fd = os.memfd_create("attack-e21"); os.write(fd, os.environ["CANARY"].encode())
print("held", flush=True); time.sleep(60)""").removeprefix("exec ")
    with pair.running(f"{{ {hold} & }}; sleep 0.5", "secure", {"CANARY": pair.canary()}):
        seen = pair.secure("ls -l /proc/[0-9]*/fd 2>/dev/null | grep attack-e21", env={"OTHER": "a"}).out
    refuse(seen, seen)
    return "no descriptor of the other cell"


@attack("E23", "find a cell's temporary files in swapped memory", "no swap, or noswap on the cell's file systems",
        "tmpfs option noswap (Linux 6.4); else the operator's: no swap, or an encrypted one", guarantee="G4",
        no_control="takes a machine with swap; MountTests has the option")
def swap(pair):
    areas = pair.secure("awk 'NR > 1 {print $1, $3}' /proc/swaps").lines
    swapped = pair.secure(f"""for place in /tmp /var/tmp /dev/shm ~; do
        grep -q " $(cd $place && pwd -P) .*noswap" /proc/self/mountinfo || echo $place
    done""").lines
    refuse(areas and swapped, f"swap: {'; '.join(areas)}; may get there: {' '.join(swapped)}")
    return "never swapped" if not swapped else "this machine has no swap"


elsewhere("E24", "search the memory of helper and server for the value",
          "none in the helper; the server's are wiped where it owns them", "C buffers wiped, one owner",
          "MemoryTests/neither half of the pair remembers a credential of a request that has been answered", "G4",
          controls=["wiped-images"])
elsewhere("E25", "read the memory of a child that is starting with a credential", "not readable",
          "not dumpable until execve",
          "StartRaceTests/nothing of the helper can be reached in a command that is starting", "G4",
          no_control="A7 has it")


@attack("E26", "another cell and user look for a cell's terminal", "not there", "devpts of its own", guarantee="G4",
        needs=["script"], controls=["cell-mounts"])
def find_terminal(pair):
    with pair.running("script -qc 'sleep 60' /dev/null >/dev/null 2>&1 & sleep 0.5; ls /dev/pts", "secure", {"CANARY": pair.canary()}) as outcome:
        seen = {place: pair.run("ls /dev/pts | grep -v ptmx", place).lines for place in ("user", "secure")}
    refuse("0" not in outcome[0].out.split(), "the cell had no terminal to find: " + outcome[0].out)
    refuse(any(seen.values()), f"{seen}")
    return f"{seen}"


elsewhere("E27", "a terminal's scrollback holds a cell's output",
          "terminals with scrollback belong to user; a cell has none that is kept", "policy of /ws/pty",
          "TerminalTests", "G4", no_control="there is nothing to switch")


@attack("E28", "give the value as an argument, and ps in user and in another cell", "not visible", "PID namespaces",
        guarantee="G4", controls=["pid-namespace", "cell-pid-namespace"])
def argument(pair):
    canary = pair.canary()
    with pair.running(f"sh -c 'sleep 60; true' {canary} & sleep 0.2", "secure", {"CANARY": canary}):
        listings = {place: pair.run("cat /proc/[0-9]*/cmdline", place).out for place in ("user", "secure")}
    refuse(any(canary in listing for listing in listings.values()), f"seen in {[place for place in listings if canary in listings[place]]}")
    return "in no process list"


@attack("E29", "a cell leaves a setuid copy of a shell, and user runs it", "no other euid", "nosuid, no_new_privs",
        guarantee="G4", no_control="on an idmapped workspace the copy is the user's own; F22 has the control")
def leave_setuid(pair):
    pair.secure(f"cp /bin/sh {pair.scratch}/sh && chmod 4755 {pair.scratch}/sh")
    result = pair.user(f"{pair.scratch}/sh -p -c 'cat /proc/$$/status' | awk '/^Uid/ {{print $2, $3}}'; id -u; rm -f {pair.scratch}/sh")
    effective, own = result.lines[0].split()[1], result.lines[1]
    refuse(effective != own, f"euid {effective}, uid {own}")
    return f"euid {effective}, as before"


@attack("E30", "a cell leaves directories for user; a link to /etc in the workspace is written through",
        "user can delete them; nothing is followed with other rights",
        "idmapped workspace or common group; files are opened as the user", guarantee="G8",
        no_control="file modes of /etc")
def leave_directories(pair):
    pair.secure(f"mkdir -p {pair.scratch}/e30/a && echo x > {pair.scratch}/e30/a/f")
    removed = pair.user(f"echo y >> {pair.scratch}/e30/a/f; rm -r {pair.scratch}/e30")
    refuse(removed.code != 0, f"user cannot remove what a cell made: {removed.errors}")
    pair.user(f"ln -sfn /etc {pair.scratch}/etc")
    answer = pair.call("POST", "/api/write", {"path": f"{pair.scratch}/etc/attack-e30", "content": "x"})
    refuse(answer.status == 200, "/etc was written through a link")
    return f"removed; the write through the link: {answer.status}"


@attack("E31", "watch the workspace for temporary files of a cell", "a cell's TMPDIR is its own",
        "TMPDIR in the cell's file systems", guarantee="G4", controls=["cell-mounts"])
def temporary_files(pair):
    with pair.running("t=$(mktemp attack-e31.XXXXXX -t); env > $t; echo $t", "secure", {"CANARY": pair.canary()}) as outcome:
        seen = {place: pair.run("find /tmp /var/tmp /workspace . -name 'attack-e31.*' 2>/dev/null; rm -f /tmp/attack-e31.* 2>/dev/null", place).lines for place in ("user", "secure")}
    refuse(any(seen.values()), f"{seen}")
    return f"{outcome[0].lines[0]}, seen by nobody else"


@attack("E33", "histories of shells and interpreters", "gone with the cell", CELL_MOUNTS, guarantee="G5",
        controls=["cell-mounts"])
def histories(pair):
    pair.secure("bash -ic 'HISTFILE=~/.bash_history; history -s \"$CANARY\"; history -a'; echo $CANARY >> ~/.python_history; true", env={"CANARY": pair.canary()})
    result = pair.secure("cat ~/.bash_history ~/.python_history 2>/dev/null")
    pair.secure("rm -f ~/.bash_history ~/.python_history")
    refuse(result.out, f"{len(result.lines)} lines")
    return "no history in the next cell"


@attack("E34", "a cell signals, traces and reads every id while another cell runs", "its own processes alone",
        "a PID namespace for each cell; Landlock; no ptrace", guarantee="G4", needs=["python3"],
        controls=["cell-pid-namespace,landlock-scope"])
def attack_other_cell(pair):
    with pair.running("sleep 60 & sleep 0.1", "secure", {"CANARY": pair.canary()}, after="kill -0 %1 && echo survived") as outcome:
        found = pair.python("""
own = os.getpid()
others = []
for pid in range(2, 60000):
    if pid in (own, os.getppid()): continue
    if attempt(lambda: os.kill(pid, 0)) is None:
        environ = attempt(lambda: open(f"/proc/{pid}/environ", "rb").read())
        others.append([pid, isinstance(environ, bytes) and b"CANARY" in environ, sc("ptrace", 0x4206, pid, 0, 0), sc("process_vm_readv", pid, 0, 0, 0, 0, 0)])
tell(others)""", "secure", env={"OTHER": "a"})
    refuse(any(reads for _, reads, _, _ in found), f"another cell's environment: {found[:3]}")
    refuse("survived" not in outcome[0].out, "the other cell's process did not survive")
    return f"{len(found)} other ids, none with the other's environment"


@attack("E35", "leave a program in the workspace for a cell that asked for none of it, or to read it alone",
        "not there; nothing can be written", "a read-only mount or an empty one in the workspace's place", guarantee="G4",
        controls=["workspace-access"])
def leave_program(pair):
    pair.user(f"echo 'echo poisoned' > {pair.scratch}/tool; chmod 755 {pair.scratch}/tool")
    script = f"{pair.scratch}/tool 2>/dev/null; touch {pair.scratch}/e35 2>/dev/null && echo written; rm -f {pair.scratch}/e35; true"
    seen = {}
    for access in ("none", "ro"):
        request = dict(pair.request(script, "secure", {"CANARY": "a"}), workspace=access)
        answer = pair.call("POST", "/api/execute", request)
        if answer.status == 400:
            raise NotApplicable("a cell here has the workspace as it is; asking for less is refused")
        seen[access] = json.loads(answer.body)["stdout"].split()
    refuse(seen["none"] or "written" in seen["ro"], f"{seen}")
    refuse(seen["ro"] != ["poisoned"], f"a cell that may read the workspace did not: {seen}")
    return "empty with none, read-only with ro"


elsewhere("E36", "mode users: read the environment of a cell that runs", "no cell is seen",
          "a uid of its own for each cell",
          "ModeControlTests/in mode users a cell's environment is its own by its uid", "G4", controls=["cell-uid"])
elsewhere("E37", "mode landlock: signal the keeper of user, and read the home of a cell that runs", "refused",
          "user in a domain inside of its keeper's",
          "ModeControlTests/in mode landlock the homes of cells are closed by the domain of user", "G4",
          controls=["user-domain"])
