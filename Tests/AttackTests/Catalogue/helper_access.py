"""What an attacker who holds the helper's socket can do with it."""
import os, socket, struct, time

import helper_client
from pair import refuse
from rows import NotApplicable


def helper(pair):
    if not pair.helper_socket:
        raise NotApplicable("needs --helper-socket, as root beside the pair")
    return helper_client.Helper(pair.helper_socket)


def helper_state(connection):
    """pid, number of descriptors and resident KiB of the helper; needs root."""
    pid = struct.unpack("iii", connection.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
    with open(f"/proc/{pid}/statm") as file:
        resident = int(file.read().split()[1]) * 4
    return pid, len(os.listdir(f"/proc/{pid}/fd")), resident


def strike(pair, record, descriptors=(), hello=True):
    """Sends a record as it is over a connection of its own: `closed`, or what was answered."""
    connection = helper_client.Helper(pair.helper_socket, hello=hello)
    try:
        connection.send(record, descriptors)
        _, _, answer, got = connection.receive()
        for descriptor in got:
            os.close(descriptor)
        return answer
    except (ConnectionError, OSError, ValueError):
        return "closed"
    finally:
        connection.close()


def survives(pair, body):
    """Runs `body` and demands that the helper is the same process with the same descriptors afterwards."""
    watch = helper(pair)
    try:
        before = helper_state(watch)
        seen = body()
        # What failed has been answered, and is reaped a moment later.
        for _ in range(100):
            watch.status()
            after = helper_state(watch)
            if after[1] <= before[1]:
                break
            time.sleep(0.02)
    finally:
        watch.close()
    refuse(after[0] != before[0], "the helper was replaced")
    refuse(after[1] > before[1], f"descriptors {before[1]} → {after[1]}")
    refuse(after[2] > before[2] + 8192, f"resident memory {before[2]} → {after[2]} KiB")
    return f"{seen}; same process, {after[1]} descriptors"


def spawn_record(ident=2, argv=("/bin/true",), cwd="/", fields=None, count=4):
    return helper_client.record(helper_client.OPS["spawn"], ident, fields or helper_client.spawn_fields(2, argv[0], cwd), count)


def spawn(pair, namespace=2, executable="/bin/true", cwd="/", payload=None, seals=15, stdio=None, size=None):
    """One spawn with parts of the attacker's choice: `started`, the error's code, or `closed`."""
    connection = helper(pair)
    memfd = os.memfd_create("payload", os.MFD_ALLOW_SEALING)
    null = os.open("/dev/null", os.O_RDWR)
    try:
        os.write(memfd, helper_client.payload([executable], {}) if payload is None else payload)
        if size:
            os.truncate(memfd, size)
        if seals:
            helper_client.fcntl.fcntl(memfd, 1033, seals)
        fields = helper_client.spawn_fields(namespace, executable, cwd)
        answer, _ = connection.ask("spawn", fields, [memfd, *(stdio or [null] * 3)])
        connection.wait(answer[1])
        return "started"
    except helper_client.Failed as failure:
        return f"code {failure.code}"
    except (ConnectionError, OSError):
        return "closed"
    finally:
        connection.close()
        os.close(memfd)
        os.close(null)
