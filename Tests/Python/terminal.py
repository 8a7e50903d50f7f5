"""Runs `sandboxctl shell` on a terminal of 77 columns, types into it, resizes it, and checks what it shows."""

import fcntl
import os
import pty
import struct
import sys
import termios


def resize(descriptor, rows, columns):
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def main():
    pid, terminal = pty.fork()
    if pid == 0:
        resize(0, 31, 77)
        os.execlp("sandboxctl", "sandboxctl", "shell", "--session", "terminal", "--shell", "sh")
    shown = b""

    def until(text):
        nonlocal shown
        while text not in shown:
            piece = os.read(terminal, 65536)
            shown += piece
        shown = shown.split(text, 1)[1]

    until(b"$ ")
    os.write(terminal, b"stty size; echo e''nd\n")
    until(b"31 77")
    until(b"end")
    resize(terminal, 40, 120)
    os.write(terminal, b"until test \"$(stty size)\" = '40 120'; do sleep 0.05; done; echo gr''own; exit 6\n")
    until(b"grown")
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        pass
    _, status = os.waitpid(pid, 0)
    sys.exit(0 if os.waitstatus_to_exitcode(status) == 6 else f"the shell's exit code: {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
