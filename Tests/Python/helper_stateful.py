"""Drives a running helper with sequences of requests that Hypothesis makes up, good ones and bad ones, over several
connections at once, and checks after each sequence what must hold whatever was asked.

    python3 helper_stateful.py SOCKET HELPER-PID SECONDS

Nothing else may talk to that helper meanwhile. Runs as root.
"""
import fcntl, os, signal, struct, sys, time
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule
from hypothesis.stateful import run_state_machine_as_test
from helper_client import Failed, Helper, OPS, SEALS, payload, record, spawn_fields

PATH, PID = sys.argv[1], int(sys.argv[2])
PATIENCE = 20
# Every handle that this helper has ever given out.
handed_out = set()
sequences = 0
requests = 0
NULL = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
PIPE = os.pipe()
DIRECTORY = os.open("/", os.O_RDONLY | os.O_CLOEXEC)
control = Helper(PATH)


def descriptors():
    return len(os.listdir("/proc/%d/fd" % PID))


def children():
    with open("/proc/%d/task/%d/children" % (PID, PID)) as file:
        return set(file.read().split())


def reaches(condition, what):
    """The helper notices on its own time that a connection or a process has ended."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what()
        control.status()


def permanent():
    """Inits change with resets: what is compared is how many children there are."""
    return len(children())


BASE = (descriptors(), permanent())

scripts = st.sampled_from([
    "exit 0", "exit 7", "sleep 1000", "kill -9 $$", "sleep 1000 & exit 0", "trap '' TERM; sleep 1000; sleep 1000",
    "setsid sleep 1000 & setsid sleep 1000 & wait", "i=0; while [ $i -lt 2000 ]; do echo x; i=$((i+1)); done", "exec sleep 1000",
])
namespaces = st.sampled_from([2, 3])
anything = st.binary(max_size=200)
given_descriptors = st.lists(st.sampled_from([NULL, PIPE[0], PIPE[1], DIRECTORY]), max_size=6)


class HelperMachine(RuleBasedStateMachine):
    connections = Bundle("connections")
    processes = Bundle("processes")

    def __init__(self):
        super().__init__()
        self.open = []

    def call(self, connection, function):
        """One request that may be refused; the connection must go on."""
        global requests
        if connection not in self.open:
            return None
        requests += 1
        try:
            return function()
        except Failed:
            return None

    def expect_end(self, connection):
        """The helper has been told something that costs the connection, or was answered: both are fine."""
        try:
            connection.socket.settimeout(PATIENCE)
            connection.last = max(connection.last, connection.sent)
            connection.status()
        except (ConnectionError, BrokenPipeError, OSError, Failed):
            self.drop(connection)

    def drop(self, connection):
        if connection in self.open:
            self.open.remove(connection)
            connection.close()

    @initialize(target=connections)
    def first(self):
        return self.connect()

    @rule(target=connections)
    def connect(self):
        if len(self.open) >= 4:
            return multiple()
        connection = Helper(PATH)
        connection.sent = 0
        self.open.append(connection)
        return connection

    @rule(data=anything)
    def greet_with_noise(self, data):
        connection = Helper(PATH, hello=False)
        try:
            connection.send(data or b"\0")
        except OSError:
            pass
        connection.close()

    @rule(target=processes, connection=connections, script=scripts, namespace=namespaces, pty=st.booleans())
    def spawn(self, connection, script, namespace, pty):
        started = self.call(connection, lambda: connection.spawn(
            ["/bin/sh", "-c", script], namespace=namespace, pty=(24, 80) if pty else None))
        if started is None:
            return multiple()
        handle, _, descriptor = started
        os.close(descriptor)
        assert handle not in handed_out, "handle %d was given out twice" % handle
        handed_out.add(handle)
        return connection, handle

    @rule(connection=connections, data=anything, seals=st.sampled_from([SEALS, 0, 7]), given=given_descriptors)
    def spawn_badly(self, connection, data, seals, given):
        """A payload of noise, and streams of the wrong kinds or number."""
        if connection not in self.open:
            return
        memfd = os.memfd_create("noise", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.write(memfd, b"NSA1" + data)
            if seals:
                fcntl.fcntl(memfd, 1033, seals)
            self.raw(connection, OPS["spawn"], spawn_fields(2, "/bin/true", "/"), [memfd, *given])
        finally:
            os.close(memfd)

    def raw(self, connection, op, fields, given):
        global requests
        requests += 1
        connection.sent = connection.last = connection.last + 1
        try:
            connection.send(record(op, connection.sent, fields, len(given)), given)
        except OSError:
            return self.drop(connection)
        self.expect_end(connection)

    @rule(connection=connections, op=st.integers(0, 12), given=given_descriptors,
          fields=st.lists(st.tuples(st.integers(0, 8), st.binary(max_size=20)), max_size=5))
    def made_up_record(self, connection, op, fields, given):
        # A well-formed shutdown would be done.
        if connection in self.open and op != OPS["shutdown"]:
            self.raw(connection, op, fields, given)

    @rule(connection=connections, position=st.integers(0, 60), value=st.integers(0, 255))
    def damaged_record(self, connection, position, value):
        if connection not in self.open:
            return
        global requests
        requests += 1
        connection.sent = connection.last = connection.last + 1
        data = bytearray(record(OPS["spawn"], connection.sent, spawn_fields(2, "/bin/true", "/"), 0))
        data[position % len(data)] = value
        if data[6:8] == struct.pack("<H", OPS["shutdown"]):
            return
        try:
            connection.send(bytes(data))
        except OSError:
            return self.drop(connection)
        self.expect_end(connection)

    @rule(process=processes, number=st.integers(1, 31))
    def signal(self, process, number):
        connection, handle = process
        self.call(connection, lambda: connection.signal(handle, number))

    @rule(process=processes, grace=st.sampled_from([0, 1, 50]))
    def terminate(self, process, grace):
        connection, handle = process
        self.call(connection, lambda: connection.terminate(handle, grace))

    @rule(process=processes, rows=st.integers(1, 1000), columns=st.integers(1, 1000))
    def resize(self, process, rows, columns):
        connection, handle = process
        self.call(connection, lambda: connection.resize(handle, rows, columns))

    @rule(process=consumes(processes))
    def end(self, process):
        """Whatever it does, a process that is ended has an exit event."""
        connection, handle = process
        if connection in self.open:
            self.call(connection, lambda: connection.terminate(handle, 0))
            status = connection.wait(handle)
            assert (2 in status) != (3 in status), status

    @rule(connection=connections, handle=st.integers(0, 2 ** 64 - 1), number=st.integers(1, 31))
    def signal_at_random(self, connection, handle, number):
        """A handle that nobody was given names nothing."""
        if connection in self.open and handle not in handed_out:
            try:
                connection.signal(handle, number)
                raise AssertionError("handle %d names something" % handle)
            except Failed as failure:
                assert failure.code == 5, failure

    @rule(process=processes, connection=connections)
    def of_another_connection(self, process, connection):
        owner, handle = process
        if connection in self.open and owner is not connection:
            self.call(connection, lambda: connection.signal(handle, signal.SIGCONT))

    @rule(connection=connections, namespace=namespaces)
    def reset(self, connection, namespace):
        self.call(connection, lambda: connection.reset(namespace))

    @rule(connection=consumes(connections))
    def leave(self, connection):
        """With processes running: they end with their connection."""
        self.drop(connection)

    @invariant()
    def it_answers(self):
        assert control.status()[1] > 0

    def teardown(self):
        global sequences
        sequences += 1
        for connection in list(self.open):
            self.drop(connection)
        reaches(lambda: control.status().get(5, []) == [], lambda: "left: %r" % control.status())
        reaches(lambda: (descriptors(), permanent()) == BASE,
                lambda: "descriptors and children were %r, are %r" % (BASE, (descriptors(), permanent())))


end = time.monotonic() + float(sys.argv[3])
while time.monotonic() < end:
    run_state_machine_as_test(HelperMachine, settings=settings(
        max_examples=15, stateful_step_count=60, deadline=None, database=None,
        suppress_health_check=list(HealthCheck)))
print("%d sequences, %d requests, %d processes" % (sequences, requests, len(handed_out)))
