"""Attacks a running sandbox over its HTTP API and reports what was held. Run as scripts/attack."""
import argparse, pathlib, sys, time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent.parent / "Python"))

import catalogue, report
from pair import Pair, Unfinished
from rows import Broken, NotApplicable, ROWS

# In an archive, as scripts/build makes one, it belongs to sandboxctl.
NAME = "scripts/attack" if pathlib.Path(__file__).is_file() else "sandboxctl attack"
HELP = """The pair at URL loses what runs in its user namespace, and files that the attacks make in its workspace are removed
again: never point this at one that somebody uses. Exit status: 0 if nothing is broken, 1 if something is, 2 if the
attacks could not be carried out."""


def arguments():
    parser = argparse.ArgumentParser(NAME, description=__doc__, epilog=HELP)
    parser.add_argument("url", nargs="?", help="http://HOST:PORT")
    parser.add_argument("--token", help="access token; --token-file keeps it out of ps")
    parser.add_argument("--token-file", type=pathlib.Path, help="file with the access token")
    parser.add_argument("--api-port", type=int, help="the API's port inside the sandbox, if the URL's is another")
    parser.add_argument("--jupyter-port", type=int, default=8888, help="Jupyter's port inside the sandbox (8888)")
    parser.add_argument("--helper-socket", help="path of the helper's socket, for section D; needs root beside the pair")
    parser.add_argument("--secret-path", help="a file or directory that the operator has hidden (hidden-paths)")
    parser.add_argument("--only", metavar="ID", nargs="+", help="these rows alone: E11, or a section: F")
    parser.add_argument("--json", action="store_true", help="one JSON object a row, and one for the summary")
    parser.add_argument("--list", action="store_true", help="print the catalogue and attack nothing")
    parser.add_argument("--document", action="store_true", help="print Docs/Attacks.md and attack nothing")
    return parser.parse_args()


def judge(row, pair, before):
    """Carries one row out: (verdict, seen)."""
    if row.run is None:
        return "not applicable", f"not over HTTP; covered by {row.test}"
    try:
        pair.need(*row.needs)
        seen = row.run(pair) or row.expected
        verdict = "accepted" if row.accepted else "held"
    except Broken as broken:
        verdict, seen = "broken", str(broken)
    except NotApplicable as reason:
        return "not applicable", str(reason)
    except Exception as error:  # an attack that went wrong proves nothing, and is told as such
        verdict, seen = "error", f"{type(error).__name__}: {error}"
    # Whatever the attack was after: the API answers, nothing was restarted, no credential has got out.
    try:
        health = pair.health()
        leaks = pair.leaks()
    except Unfinished as reason:
        return "error", f"{seen}; afterwards: {reason}"
    except Exception as error:
        return "broken", f"{seen}; afterwards the API did not answer: {error}"
    if leaks:
        return "broken", f"{seen}; a credential was found: {', '.join(leaks)}"
    changed = [f"{key} {before.get(key)} → {now}" for key, now in state(health).items() if now != before.get(key)]
    # The next row is judged by what it changes itself.
    before.update(state(health))
    promised = {guarantee["id"]: guarantee["held"] for guarantee in health["guarantees"]}
    # Where all have one uid, user code can end the process that its commands are born from (Docs/Modes.md).
    if changed and pair.mode == "landlock" and all("generation of user" in change for change in changed):
        return "not promised", f"{seen}; user was made anew; /health says that G9 does not hold here"
    if changed:
        return "broken", f"{seen}; afterwards: {', '.join(changed)}"
    if verdict == "broken" and not promised.get(row.guarantee, True):
        return "not promised", f"{seen}; /health says that {row.guarantee} does not hold here"
    return verdict, seen


def state(health):
    """What no attack may change."""
    generations = {f"generation of {n['name']}": n["generation"] for n in health["namespaces"]}
    return {"status": health["status"], "server restarts": health.get("serverRestarts"), **generations}


def chosen(only):
    unknown = [id for id in only or () if id not in ROWS and id not in {row[0] for row in ROWS}]
    if unknown:
        sys.exit(f"{NAME}: no such row: {', '.join(unknown)}")
    return [row for row in ROWS.values() if not only or row.id in only or row.id[0] in only]


def main():
    options = arguments()
    rows = chosen(options.only)
    if options.document:
        print(report.document(rows), end="")
        return 0
    if options.list:
        print(*(report.row_line(row, options.json) for row in rows), sep="\n")
        return 0
    if not options.url:
        print(f"{NAME}: which pair? {NAME} http://HOST:PORT; see --help", file=sys.stderr)
        return 2
    token = options.token_file.read_text().strip() if options.token_file else options.token
    try:
        pair = Pair(options.url, token, options.api_port, options.jupyter_port, options.helper_socket, options.secret_path)
        health = pair.health()
        if health.get("mode") in (None, "none"):
            print(f"{NAME}: this pair isolates nothing (mode none): every attack would succeed, and some would "
                  "kill whatever runs beside it", file=sys.stderr)
            return 2
        pair.find_tools({"python3"} | {tool for row in rows for tool in row.needs})
        pair.open()
    except (OSError, ValueError, RuntimeError) as error:
        print(f"{NAME}: {options.url}: {error}", file=sys.stderr)
        return 2
    before, outcomes = state(health), []
    report.begin(options.url, health, options.json)
    try:
        for row in rows:
            start = time.monotonic()
            verdict, seen = judge(row, pair, before)
            outcomes.append(verdict)
            report.outcome(row, verdict, seen, round((time.monotonic() - start) * 1000), options.json)
    finally:
        pair.close()
    report.summary(outcomes, options.json)
    return 1 if "broken" in outcomes else 2 if "error" in outcomes else 0


sys.exit(main())
