"""The report an operator keeps: lines of text, or of JSON."""
import collections, json, textwrap, time

ORDER = ["held", "accepted", "not promised", "not applicable", "broken", "error"]


def row_fields(row):
    return {
        "id": row.id, "attack": row.attack, "expected": row.expected, "mitigation": row.mitigation,
        "guarantee": row.guarantee, "overHTTP": row.run is not None, "needs": list(row.needs),
        "controls": list(row.controls), "noControl": row.no_control, "test": row.test, "accepted": row.accepted,
    }


def row_line(row, as_json):
    return json.dumps(row_fields(row)) if as_json else f"{row.id:4} {row.attack}"


def begin(url, health, as_json):
    promised = [guarantee["id"] for guarantee in health["guarantees"] if guarantee["held"]]
    if as_json:
        return
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S %Z')}  {url}  mode {health['mode']}, version {health['version']}, "
          f"helper {health['helperVersion']}\nguarantees held: {' '.join(promised)}\n")


def outcome(row, verdict, seen, milliseconds, as_json):
    if as_json:
        return print(json.dumps({"id": row.id, "attack": row.attack, "expected": row.expected, "seen": seen,
                                 "verdict": verdict, "milliseconds": milliseconds}), flush=True)
    mark = verdict.upper() if verdict in ("broken", "error") else verdict
    print(f"{row.id:4} {mark:15} {row.attack}")
    for name, text in (("expected", row.expected), ("seen", seen)):
        print(textwrap.fill(f"{name}: {' '.join(text.split())[:600]}", 118, initial_indent=" " * 21,
                            subsequent_indent=" " * 23), flush=True)


def summary(outcomes, as_json):
    counts = {verdict: count for verdict in ORDER if (count := collections.Counter(outcomes)[verdict])}
    if as_json:
        return print(json.dumps({"rows": len(outcomes), **counts}))
    print(f"\n{len(outcomes)} rows: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items()))


HEAD = """# Attacks

One row per attack of the suite, made from its catalogue (`scripts/attack --document`; a test compares). `scripts/attack URL` carries out
against a running pair what can be carried out over HTTP; [Deployment.md](Deployment.md#attacking-your-own-deployment) tells how.
`swift test --filter AttackTests` does the same with a pair of its own, one test per row, and proves each negative control: a helper built with
`scripts/build --weakened` that leaves the named mitigations out, against which the same attack must succeed. Names separated by `+` are layers that
each hold alone; the attack succeeds only when all of them are gone.

Verdicts: `held`; `accepted`, a documented risk that is shown but not judged; `not promised`, it succeeded where `/health` says that the guarantee
does not hold in this mode; `not applicable`, with the reason; `broken`; `error`, it could not be carried out.
"""
SECTIONS = {"A": "Seeing, killing and tracing the control plane", "B": "What /proc tells", "C": "Ports", "D": "Sockets and the helper's protocol",
            "E": "Credentials", "F": "Escapes", "G": "Exhaustion", "H": "Faults", "P": "What must go on working"}


def document(rows):
    text = HEAD
    for letter, title in SECTIONS.items():
        text += f"\n## {letter}. {title}\n\n| id | attack | expected | mitigation | negative control | test |\n|---|---|---|---|---|---|\n"
        for row in rows:
            if row.id[0] == letter:
                text += "| " + " | ".join(cell.replace("|", "\\|") for cell in cells(row)) + " |\n"
    return text


def cells(row):
    controls = "; ".join("`" + control.replace(",", "` + `") + "`" for control in row.controls)
    tests = (["over HTTP"] if row.run else []) + ([f"`{row.test}`"] if row.test else [])
    return [row.id, row.attack, row.expected, row.mitigation, controls or (row.no_control or "–"), "; ".join(tests)]
