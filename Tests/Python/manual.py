"""Makes a manual page (mdoc(7)) of the description that a program of swift-argument-parser prints of itself."""

import json
import sys

HEAD = r""".\" Written by scripts/manual; changes go into Sources/sandboxctl.
.Dd November 2026
.Dt SANDBOXCTL 1
.Os
.Sh NAME
.Nm sandboxctl
.Nd {abstract}
.Sh SYNOPSIS
.Nm
.Ar command
.Op Ar option ...
.Op Ar argument ...
.Sh DESCRIPTION"""

TAIL = r""".Sh ENVIRONMENT
.Bl -tag -width indent
.It Ev SANDBOX_URL
The server, if
.Fl -url
does not name one.
.It Ev SANDBOX_TOKEN_FILE
The file with the access token, if
.Fl -token-file
does not name one.
.It Ev NO_COLOR
No colours, whatever standard output is.
.El
.Sh EXIT STATUS
That of the command, where one ran. Else 64 for wrong usage, 69 where no server answers, 77 where it refuses the caller, 124 where the
time is up, 125 for any other error of the sandbox, and 130 after an interruption.
.Sh SEE ALSO
Docs/CommandLine.md shows every command by example."""


def plain(text):
    """Text that troff takes for nothing but text."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in text.split("\n"))


def paragraphs(text):
    return "\n.Pp\n".join(plain(part.strip()) for part in text.split("\n\n") if part.strip())


def name(word):
    return ("--" if word["kind"] == "long" else "-") + word["name"]


def item(argument):
    """One option or argument, as a tagged item; None if it is hidden."""
    if not argument.get("shouldDisplay", True):
        return None
    value = argument.get("valueName", "value")
    if argument["kind"] == "positional":
        tag = f".It Ar {value}" + (" ..." if argument.get("isRepeating") else "")
    else:
        names = [name(word) for word in argument["names"]]
        forms = [f"Fl {plain(text[1:])}" + (f" Ar {value}" if argument["kind"] == "option" else "") for text in names]
        tag = ".It " + " , ".join(forms)
    return tag + "\n" + plain(argument.get("abstract", "").strip())


def commands(command, path):
    """A command and those below it, each with its whole name."""
    for sub in command.get("subcommands", []):
        if sub["commandName"] == "help":
            continue
        words = path + [sub["commandName"]]
        yield words, sub
        yield from commands(sub, words)


def main():
    root = json.load(sys.stdin)["command"]
    lines = [HEAD.replace("{abstract}", plain(root["abstract"].rstrip("."))), paragraphs(root.get("discussion", ""))]
    lines.append(".Sh COMMANDS")
    for words, command in commands(root, []):
        lines.append(".Ss " + " ".join(words))
        lines.append(plain(command.get("abstract", "")))
        if command.get("discussion"):
            lines += [".Pp", paragraphs(command["discussion"])]
        items = []
        for argument in command.get("arguments", []):
            if argument.get("names", [{}])[0].get("name") in ("help", "h") or (made := item(argument)) is None:
                continue
            tag, _, text = made.partition("\n")
            last, _, before = items[-1].partition("\n") if items else ("", "", "")
            # Both words of a switch say the same.
            if text and text == before:
                items[-1] = f"{last} , {tag.removeprefix('.It ')}\n{text}"
            else:
                items.append(made)
        if items:
            lines += [".Bl -tag -width indent"] + items + [".El"]
    print("\n".join(lines + [TAIL]))


main()
