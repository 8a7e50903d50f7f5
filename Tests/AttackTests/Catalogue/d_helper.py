"""D. The helper's protocol: the attacker holds the helper's socket, as a server that was taken over would."""
import array, os, random, socket, struct

import helper_client
from helper_access import helper, spawn, spawn_record, strike, survives
from pair import refuse
from rows import attack, elsewhere


@attack("D5", "20,000 random records of up to 4 kB", "error or closed connection; the helper lives, no larger",
        "total decoding; fuzzed", guarantee="G8", no_control="there is nothing to switch", test="TotalityTests")
def random_records(pair):
    def body():
        noise, closed = random.Random(4), 0
        for _ in range(200):
            connection = helper_client.Helper(pair.helper_socket)
            try:
                for _ in range(100):
                    connection.send(noise.randbytes(noise.randrange(1, 4096)))
            except OSError:
                closed += 1
            connection.close()
        return f"{closed} of 200 connections closed before they had sent everything"
    return survives(pair, body)


@attack("D6", "wrong lengths: 0, 0xffffffff, one too many, one too few, a record of 200 kB", "closed",
        "exact size check", guarantee="G8", no_control="there is nothing to switch")
def wrong_lengths(pair):
    def body():
        good = helper_client.record(helper_client.OPS["status"], 2)
        records = [good[:16] + struct.pack("<I", length) + good[20:] for length in (1, 0xFFFFFFFF, 31, 0x7FFFFFFF)]
        records += [good + b"\0", good[:-1], good[:4], b"x", good + bytes(200_000)]
        answers = [strike(pair, record) for record in records]
        refuse(any(answer != "closed" for answer in answers), f"{answers}")
        return f"{len(answers)} records, all closed"
    return survives(pair, body)


@attack("D7", "0, 1, 2, 5 and 253 descriptors, descriptors with another request, two lists of them",
        "closed or refused; no descriptor stays", "counted, and closed on any mismatch", guarantee="G8",
        no_control="there is nothing to switch")
def descriptor_counts(pair):
    def body():
        null = os.open("/dev/null", os.O_RDWR)
        answers = [strike(pair, spawn_record(), [null] * count) for count in (0, 1, 2, 5, 253)]
        answers += [strike(pair, spawn_record(count=count), [null] * count) for count in (0, 1, 5, 253)]
        answers.append(strike(pair, helper_client.record(helper_client.OPS["status"], 2), [null]))
        connection = helper_client.Helper(pair.helper_socket)
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [null, null]))
        try:
            connection.socket.sendmsg([spawn_record()], [rights, rights])
            answers.append(connection.receive()[2])
        except OSError:
            answers.append("closed")
        connection.close()
        os.close(null)
        refuse(any(answer != "closed" and 3 not in answer for answer in answers), f"{answers}")
        return f"{len(answers)} records refused"
    return survives(pair, body)


@attack("D8",
        "a directory, a file, an O_PATH descriptor, a memfd, /proc, epoll and a listening socket as standard streams",
        "refused", "kinds of descriptors by list", guarantee="G8", controls=["descriptor-policy"])
def descriptor_kinds(pair):
    import select, tempfile
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("")
    listener.listen()
    epoll = select.epoll()
    with tempfile.TemporaryFile() as file:
        kinds = {"directory": os.open("/", os.O_RDONLY), "O_PATH": os.open("/", os.O_PATH), "file": file.fileno(), "memfd": os.memfd_create("a"),
                 "proc": os.open("/proc/self/status", os.O_RDONLY), "epoll": epoll.fileno(), "listener": listener.fileno()}
        answers = {name: spawn(pair, stdio=[descriptor] * 3) for name, descriptor in kinds.items()}
    for name in ("directory", "O_PATH", "memfd", "proc"):
        os.close(kinds[name])
    refuse("started" in answers.values(), f"{answers}")
    return f"{len(answers)} kinds refused"


@attack("D9", "an unsealed payload, one with some seals, one with a hole of 8 EiB, an empty one",
        "refused, no SIGBUS", "all seals, then fstat, then pread", guarantee="G8",
        no_control="unit tests show each check", test="CommandImageTests/whatCannotBeSealedIsRefused")
def payload_files(pair):
    def body():
        answers = [spawn(pair, seals=seals) for seals in (0, 1, 7, 8)] + [spawn(pair, payload=b""), spawn(pair, size=1 << 62)]
        refuse("started" in answers, f"{answers}")
        return ", ".join(answers)
    return survives(pair, body)


@attack("D10", "variables with NUL, without a name or '=', a million counts, 3 MB, a single one of 200 kB", "refused",
        "limits and total decoding", guarantee="G8", no_control="there is nothing to switch",
        test="SpawnPayloadTests")
def bad_variables(pair):
    def payload(*strings, argc=1, envc=None):
        body = b"".join(string + b"\0" for string in (b"/bin/true", *strings))
        return struct.pack("<4sIII", b"NSA1", argc, len(strings) if envc is None else envc, len(body)) + body

    def body():
        bad = {"no equals": payload(b"A"), "no name": payload(b"=a"), "bad name": payload(b"A B=a"), "count": payload(envc=1_000_000),
               "negative": payload(envc=0xFFFFFFFF), "3 MB": payload(*[b"A%d=" % n + b"x" * 1000 for n in range(3000)]), "200 kB": payload(b"A=" + b"x" * 200_000),
               "short": payload(b"A=b")[:-3], "NUL": payload(b"A=b\0=c", envc=1)}
        answers = {name: spawn(pair, payload=content) for name, content in bad.items()}
        refuse("started" in answers.values(), f"{answers}")
        return f"{len(answers)} payloads refused"
    return survives(pair, body)


@attack("D11", "no argv; programs '', '-', /proc/self/exe, /proc/self/fd/3, ../../x, a directory",
        "refused, or the error of execve as the user", "argv is never empty; exec happens with the user's rights",
        guarantee="G8", no_control="there is nothing to switch")
def bad_programs(pair):
    def body():
        empty = struct.pack("<4sIII", b"NSA1", 0, 0, 0)
        answers = {"no argv": spawn(pair, payload=empty)}
        for program in ("", "-", "/proc/self/exe", "/proc/self/fd/3", "../../x", "/", "true"):
            answers[program or "empty"] = spawn(pair, executable=program)
        refuse(any(answer == "started" for answer in answers.values()), f"{answers}")
        return f"{len(answers)} programs refused"
    return survives(pair, body)


@attack("D12",
        "directories /proc/self/fd/7, /proc/1/root, relative, with '..', of 5,000 bytes, a link to /proc/1/cwd",
        "refused, nothing runs",
        "checked as the user; what was entered must be below this root and not in /proc (CVE-2024-21626)",
        guarantee="G8", no_control="unit tests and the test below",
        test="StartRaceTests/a working directory below proc is refused however it is reached")
def bad_directories(pair):
    pair.user(f"ln -sfn /proc/1/cwd {pair.scratch}/link; ln -sfn /proc/self/cwd {pair.scratch}/self")

    def body():
        answers = {path[:30]: spawn(pair, cwd=path) for path in
                   ("/proc/self/fd/7", "/proc/1/root", "relative", "/workspace/../../..", "/" + "a" * 5000, "", "/proc",
                    f"{pair.scratch}/link", "/nowhere", "/root")}
        refuse("started" in answers.values(), f"{answers}")
        return f"{len(answers)} directories refused"
    return survives(pair, body)


@attack("D13", "fields for uid, gid, namespace path or capabilities; namespaces 0, 1, 4 and 255", "refused",
        "no such fields; user and secure alone", guarantee="G8", no_control="there is nothing to switch")
def unknown_fields(pair):
    def body():
        null = os.open("/dev/null", os.O_RDWR)
        answers = []
        for tag in (0, 6, 7, 8, 9, 100, 65535):
            fields = helper_client.spawn_fields(2, "/bin/true", "/") + [(tag, struct.pack("<I", 0))]
            answers.append(strike(pair, spawn_record(fields=fields), [null] * 4))
        for namespace in (0, 1, 4, 255):
            fields = helper_client.spawn_fields(namespace, "/bin/true", "/")
            answers.append(strike(pair, spawn_record(fields=fields), [null] * 4))
        os.close(null)
        refuse(any(answer != "closed" and 3 not in answer for answer in answers), f"{answers}")
        return f"{len(answers)} records refused"
    return survives(pair, body)


@attack("D14",
        "signals to handles that are pids, zero, of another generation or another connection; signals 0, 64, 247",
        "refused; nothing is signalled", "slot and generation, by pidfd, of the same connection", guarantee="G8",
        no_control="there is nothing to switch", test="DoorTests/handles of another connection are unknown")
def bad_signals(pair):
    def body():
        owner, other = helper(pair), helper(pair)
        try:
            handle, pid, output = owner.spawn(["/bin/sleep", "30"])
            answers = []
            for connection, wanted, number in ((other, handle, 9), (owner, pid, 9), (owner, 1, 9), (owner, handle + (1 << 32), 9), (owner, 0, 9),
                                               (owner, (1 << 64) - 1, 9)):
                try:
                    connection.signal(wanted, number)
                    answers.append("signalled")
                except helper_client.Failed as failure:
                    answers.append(f"code {failure.code}")
            refuse("signalled" in answers, f"{answers}")
            refuse(handle in owner.exits, "the command has ended")
            for number in (0, 64, 247):
                fields = [(1, struct.pack("<Q", handle)), (2, bytes([number]))]
                answers.append(str(strike(pair, helper_client.record(helper_client.OPS["signal"], 2, fields))))
            owner.signal(handle, 9)
            owner.wait(handle)
            os.close(output)
            return f"{len(answers)} signals refused"
        finally:
            owner.close()
            other.close()
    return survives(pair, body)


@attack("D15", "send a request's id again, and a lower one", "closed", "ids rise", guarantee="G8",
        no_control="there is nothing to switch")
def replay(pair):
    def body():
        answers = [strike(pair, helper_client.record(helper_client.OPS["status"], ident)) for ident in (1, 0)]
        refuse(any(answer != "closed" for answer in answers), f"{answers}")
        return "both closed"
    return survives(pair, body)


@attack("D16", "10,000 requests without reading a reply", "the helper stops reading; memory flat", "back-pressure",
        guarantee="G9", no_control="there is nothing to switch")
def never_read(pair):
    def body():
        connection = helper_client.Helper(pair.helper_socket)
        connection.socket.setblocking(False)
        sent = 0
        try:
            for ident in range(2, 10_002):
                connection.send(helper_client.record(helper_client.OPS["status"], ident))
                sent += 1
        except BlockingIOError:
            pass
        finally:
            connection.close()
        return f"{sent} requests taken before it stopped reading"
    return survives(pair, body)


elsewhere("D17", "the server stops reading a command's output", "that command alone waits",
          "the helper never touches the streams",
          "SurvivalTests/a caller that does not read its answer holds up nobody else", "G9",
          no_control="there is nothing to switch")
elsewhere("D18", "the connection ends in the middle of a command", "the command is dead, its slot free",
          "slots belong to connections", "DoorTests/the end of a connection ends its commands alone", "G5",
          no_control="there is nothing to switch")


@attack("D19", "a higher version, unknown operations, other magic, set reserved bits", "closed",
        "refused rather than repaired", guarantee="G8", no_control="there is nothing to switch")
def version_skew(pair):
    def body():
        good = helper_client.record(helper_client.OPS["status"], 2)
        records = [helper_client.record(helper_client.OPS["status"], 2, version=2), helper_client.record(99, 2), b"NSH2" + good[4:],
                   good[:22] + b"\1\0" + good[24:], good[:24] + b"\1" + good[25:]]
        answers = [strike(pair, record) for record in records]
        refuse(any(answer != "closed" and 3 not in answer for answer in answers), f"{answers}")
        return f"{answers.count('closed')} of {len(records)} records closed the connection, the others were refused"
    return survives(pair, body)


elsewhere("D20", "each system call between clone and execve fails in turn",
          "no program starts with uid 0, a capability or no filter", "every return is checked",
          "FaultInjectionTests/a failed call starts nothing and names its step", "G8",
          no_control="the injected fault is the control")
