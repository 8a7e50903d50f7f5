"""Checks of helper_client.py against a running helper and against the golden records."""
import json, os, signal, struct
from helper_client import Helper, Failed, record, spawn_fields, payload, parse, read_all


def equal(got, wanted):
    assert got == wanted, "%r is not %r" % (got, wanted)


def refused(call, code, errno=None):
    """The call is answered by `failed` with this code."""
    try:
        call()
    except Failed as failure:
        equal(failure.code, code)
        assert errno is None or failure.errno == errno, failure
        return
    raise AssertionError("was not refused")


def closes(path, *packets, hello=True):
    """The helper closes a connection on which these (data, descriptors) are sent."""
    helper = Helper(path, hello=hello)
    try:
        for data, descriptors in packets:
            helper.send(data, descriptors)
        while True:
            name, ident, _, _ = helper.receive()
            assert ident < 2, "answered by %s" % name
    except (ConnectionError, BrokenPipeError):
        pass
    finally:
        helper.close()


def checks(path, helper):
    """Name and function of every check."""
    about, table = helper.about, {}
    check = lambda f: table.setdefault(f.__name__.replace("_", " "), f)

    @check
    def hello():
        assert about[1] and about[8].startswith("/") and about[12] > 0 and about[10] != about[11], about

    @check
    def status():
        rows = helper.status()
        assert rows[1] > 0, rows
        if about[2] == 1:
            equal([row[:2] for row in sorted(rows[4])], [[1, 1], [2, 1], [3, 1]])

    for namespace, uid, label in [(2, about[4], "user"), (3, about[5], "secure")]:
        def spawns(namespace=namespace, uid=uid):
            equal(helper.run("id -u; echo $V; exit 7", namespace=namespace, env={"V": "a b"}),
                  (7, b"%d\na b\n" % uid))
        table["spawn " + label] = spawns

        def dies(namespace=namespace):
            equal(helper.run("kill -9 $$", namespace=namespace), (-9, b""))
        table["killed in " + label] = dies

        def terminal(namespace=namespace):
            handle, _, master = helper.spawn(["/bin/sh", "-c", "stty size; read x; stty size; exit 3"],
                                             namespace=namespace, pty=(31, 77))
            read_all(master, b"31 77")
            helper.resize(handle, 40, 100)
            os.write(master, b"\n")
            read_all(master, b"40 100")
            equal(helper.wait(handle)[2], 3)
            os.close(master)
        table["terminal in " + label] = terminal

        def terminates(namespace=namespace):
            # The shell ignores SIGTERM and has a child: only SIGKILL to the tree ends both.
            handle, _, out = helper.spawn(["/bin/sh", "-c", "trap '' TERM; sleep 1000 & echo up; wait; wait"],
                                          namespace=namespace)
            read_all(out, b"up\n")
            helper.terminate(handle, 50)
            equal(helper.wait(handle)[3], signal.SIGKILL)
            equal(read_all(out), b"")
        table["terminate in " + label] = terminates

        def signals(namespace=namespace):
            handle, _, out = helper.spawn(["/bin/sh", "-c", "trap 'exit 5' USR1; echo up; while :; do sleep 0.01; done"],
                                          namespace=namespace)
            read_all(out, b"up\n")
            assert handle in [row[1] for row in helper.status()[5]]
            refused(lambda: helper.resize(handle, 10, 10), 9)
            helper.signal(handle, signal.SIGUSR1)
            equal(helper.wait(handle)[2], 5)
            os.close(out)
            refused(lambda: helper.signal(handle, signal.SIGUSR1), 5)
        table["signal in " + label] = signals

    @check
    def failed_steps():
        refused(lambda: helper.run("true", cwd="/nowhere"), 1, 2)
        refused(lambda: helper.run("true", cwd="/bin/sh"), 1, 20)
        refused(lambda: helper.spawn(["/bin/nothing"]), 1, 2)

    @check
    def payload_must_be_sealed():
        for seals in [0, 1, 2, 4, 7, 8, 0xE]:
            refused(lambda: helper.run("true", seals=seals), 3)

    @check
    def stream_kinds():
        for name in ["/", "/etc/passwd", "/dev/zero"]:
            opened = os.open(name, os.O_RDONLY)
            refused(lambda: helper.run("true", stdio=[opened] * 3), 3)
            os.close(opened)

    @check
    def malformed_payload():
        refused(lambda: helper.run("true", env={"1A": "x"}), 4)
        refused(lambda: helper.run("true", env={"A": "x\0y"}), 4)
        refused(lambda: helper.run("true", env={"A": "x" * 131071}), 4)

    @check
    def reset():
        if about[2] != 1:
            return
        handle, _, out = helper.spawn(["/bin/sleep", "1000"])
        before = dict((row[0], row[2]) for row in helper.status()[4])
        equal(helper.reset(2), before[2] + 1)
        equal(helper.wait(handle)[3], signal.SIGKILL)
        os.close(out)
        equal(helper.run("echo again")[1], b"again\n")

    null = os.open("/dev/null", os.O_RDWR)
    good, spawn = record(6, 2), spawn_fields(2, "/bin/true", "/")
    bad = {
        "unknown operation": (record(9, 2), ()), "a reply": (record(0x8006, 2), ()), "version 2": (record(6, 2, version=2), ()),
        "unknown field": (record(6, 2, [(1, b"")]), ()), "missing field": (record(7, 2), ()),
        "repeated field": (record(7, 2, [(1, b"\2"), (1, b"\2")]), ()), "control namespace": (record(7, 2, [(1, b"\1")]), ()),
        "magic": (b"X" + good[1:], ()), "short header": (good[:31], ()), "long record": (good + b"\0", ()),
        "empty packet": (b"", ()), "empty packet with descriptor": (b"", [null]), "reserved byte": (good[:31] + b"\1", ()),
        "oversized record": (record(7, 2, [(1, b"\2" * 65536)]), ()), "stated descriptor": (record(6, 2, (), 1), ()),
        "unstated descriptor": (good, [null]), "status with descriptor": (record(6, 2, (), 1), [null]),
        "id not rising": (record(6, 1), ()), "id zero": (record(6, 0), ()), "noise": (os.urandom(300), ()),
        "signal 0": (record(3, 2, [(1, bytes(8)), (2, b"\0")]), ()), "signal 64": (record(3, 2, [(1, bytes(8)), (2, b"\x40")]), ()),
        "cwd below proc": (record(2, 2, spawn_fields(2, "/bin/true", "/./proc/self"), 4), [null] * 4),
        "program below proc": (record(2, 2, spawn_fields(2, "//proc/self/exe", "/"), 4), [null] * 4),
        "dot dot": (record(2, 2, spawn_fields(2, "/bin/true", "/tmp/../etc"), 4), [null] * 4),
        "relative cwd": (record(2, 2, spawn_fields(2, "/bin/true", "tmp"), 4), [null] * 4),
    }
    bad.update({"spawn with %d descriptors" % n: (record(2, 2, spawn, n), [null] * n) for n in [0, 1, 2, 3, 5, 253]})
    for name, packet in bad.items():
        table["closed on " + name] = lambda packet=packet: closes(path, packet)
    table["closed before hello"] = lambda: closes(path, (record(6, 1), ()), hello=False)

    @check
    def still_serving():
        equal(helper.run("echo alive")[1], b"alive\n")
        equal(helper.status().get(5, []), [])
    return table


def self_test(path):
    failures, helper = 0, Helper(path)
    for name, run in checks(path, helper).items():
        try:
            run()
            print("ok", name, flush=True)
        except Exception as error:
            failures += 1
            print("not ok %s: %s: %s" % (name, type(error).__name__, error), flush=True)
    return 1 if failures else 0


def build(ask):
    """The bytes of a request or payload that vectors.json describes."""
    if "argv" in ask:
        return payload(ask["argv"], ask["env"])
    fields = [(tag, bytes.fromhex(value)) for tag, value in ask.get("fields", [])]
    return record(ask["op"], ask["id"], fields, ask.get("descriptors", 0))


def vectors(path):
    with open(path) as file:
        listed = json.load(file)
    for vector in listed:
        data = bytes.fromhex(vector["hex"])
        if "ask" in vector:
            equal(build(vector["ask"]), data)
        else:
            name, ident, fields = parse(data)
            equal([name, ident, {str(tag): value for tag, value in fields.items()}], vector["message"])
        print("ok", vector["name"])
    return 0 if listed else 1
