"""Runs the console blocks of a Markdown page, and compares what they print with what the page says, or writes it there.

A block's lines that begin with `$ ` are run by bash, all of a page in one shell; what follows is their output, standard
error included. An ellipsis stands for any text within a line, and alone in a line for any number of lines.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile

MARK = "transcript: the command is over"


def blocks(lines):
    """Where each console block begins and ends, without its fences."""
    begin = None
    for number, line in enumerate(lines):
        if begin is None and line == "```console":
            begin = number + 1
        elif begin is not None and line == "```":
            yield begin, number
            begin = None


def steps(block):
    """The commands of a block, each with its expected output."""
    found = []
    for line in block:
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def pattern(expected):
    parts = []
    for line in expected:
        parts.append("(?:.*\n)*?" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + "\n")
    return re.compile("".join(parts))


class Shell:
    def __init__(self, folder):
        self.process = subprocess.Popen(
            ["bash", "--norc", "--noprofile"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )

    def run(self, command):
        self.process.stdin.write(f"{{ {command}\n}} </dev/null\necho '{MARK}'\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line.endswith(MARK + "\n"):
                # A last line without an end stands before it.
                rest = line.removesuffix(MARK + "\n")
                return lines + [rest] if rest else lines
            lines.append(line.rstrip("\n"))
        raise SystemExit(f"transcript: the shell ended in: {command}")


def main():
    parser = argparse.ArgumentParser(prog="transcript", description=__doc__.partition("\n")[0])
    parser.add_argument("pages", nargs="+")
    parser.add_argument("--write", action="store_true", help="put what the commands print into the page")
    options = parser.parse_args()
    failed = 0
    for page in options.pages:
        with open(page, encoding="utf-8") as file:
            lines = file.read().split("\n")
        result, last = [], 0
        with tempfile.TemporaryDirectory() as folder:
            shell = Shell(folder)
            for begin, end in blocks(lines):
                result += lines[last:begin]
                last = end
                for command, expected in steps(lines[begin:end]):
                    printed = shell.run(command)
                    text = "".join(line + "\n" for line in printed)
                    fits = pattern(expected).fullmatch(text) is not None
                    if not fits and not options.write:
                        failed += 1
                        print(f"{page}: $ {command}\n--- the page says\n" + "\n".join(expected) + f"\n--- it prints\n{text}")
                    result += [f"$ {command}"] + (expected if fits else printed)
        result += lines[last:]
        if options.write:
            with open(page, "w", encoding="utf-8") as file:
                file.write("\n".join(result))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    os.environ["LC_ALL"] = "C.UTF-8"
    main()
