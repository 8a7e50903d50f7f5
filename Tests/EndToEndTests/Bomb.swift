import SandboxTestSupport
import Testing

/// Code in `user` that uses up one thing, as a script of Python. Says `armed` when there is none of it left, or when it
/// has begun where there is always more.
struct Bomb: Sendable, CustomTestStringConvertible {
    var testDescription: String
    private var script: String

    /// For /bin/sh.
    var command: String { "python3 - <<'EOF'\nimport os, signal, socket, time\n\(script)\nEOF" }

    private init(_ name: String, _ script: String) {
        testDescription = name
        self.script = script
    }

    static let all = [
        Bomb(
            "processes",
            """
            told = False
            while True:
                try: os.fork()
                except OSError:
                    if not told: print('armed', flush=True)
                    told = True
                    time.sleep(0.01)
            """
        ),
        Bomb(
            "zombies",
            """
            while True:
                try:
                    if os.fork() == 0: os._exit(0)
                except OSError:
                    print('armed', flush=True)
                    signal.pause()
            """
        ),
        Bomb(
            "descriptors, also of sockets in flight",
            """
            held = []
            try:
                while True: held.append(os.dup(0))
            except OSError: pass
            for descriptor in held[-64:]: os.close(descriptor)
            ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
            ends[0].setblocking(False)
            try:
                while True: socket.send_fds(ends[0], [b'x'], [ends[1].fileno()] * 200)
            except OSError: pass
            print('armed', flush=True)
            signal.pause()
            """
        ),
        Bomb(
            "space and files of the private file systems",
            """
            for place in ('/tmp', '/var/tmp', '/dev/shm', os.environ['HOME']):
                try:
                    with open(place + '/full', 'wb') as file:
                        while True: file.write(b'x' * 65536)
                except OSError: pass
                try:
                    for number in range(1 << 20): open(f'{place}/{number}', 'x').close()
                except OSError: pass
            print('armed', flush=True)
            signal.pause()
            """
        ),
        Bomb(
            "processors, with every try at a better place",
            """
            for number in range(16):
                if os.fork() == 0:
                    os.setsid()
                    for attempt in (lambda: os.nice(-20), lambda: os.nice(-1),
                                    lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))):
                        try: attempt()
                        except OSError: continue
                        print('better', flush=True)
                    while True: pass
            print('armed', flush=True)
            signal.pause()
            """
        ),
        Bomb(
            "everybody else's time, by stopping them",
            """
            for number in range(16):
                if os.fork() == 0: break
            print('armed', flush=True)
            while True:
                os.kill(-1, signal.SIGSTOP)
                os.kill(-1, signal.SIGCONT)
            """
        ),
        Bomb(
            "everybody's time, its own too",
            """
            print('armed', flush=True)
            os.kill(-1, signal.SIGSTOP)
            os.kill(os.getpid(), signal.SIGSTOP)
            """
        ),
        Bomb(
            "terminals",
            """
            held = []
            try:
                while True: held.append(os.openpty())
            except OSError: pass
            print('armed', flush=True)
            signal.pause()
            """
        ),
    ]
}
