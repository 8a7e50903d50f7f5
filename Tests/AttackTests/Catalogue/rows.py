"""What a row of the catalogue is, and the table of all of them."""
import dataclasses
from typing import Callable


class Broken(Exception):
    """The attack reached what it must not reach. Says what was seen."""


class NotApplicable(Exception):
    """The attack cannot be carried out on this pair. Says why."""


@dataclasses.dataclass(frozen=True)
class Row:
    id: str
    attack: str
    # What a sandbox that holds shows.
    expected: str
    # What stands in the way.
    mitigation: str
    # Carries the attack out and returns what was seen; raises Broken if it succeeded. None: `test` covers the row.
    run: Callable | None
    # The guarantee of GET /health that promises it.
    guarantee: str | None
    # Programs that must be in the sandbox.
    needs: tuple[str, ...]
    # Negative controls: what a weakened helper must leave out, together, for the attack to succeed.
    controls: tuple[str, ...]
    # Why there is no negative control, where there is none.
    no_control: str | None
    # Suite/function of a Swift test that covers the row, where a caller over HTTP cannot; or covers it further.
    test: str | None
    # A documented residual risk: carried out and shown, never judged.
    accepted: bool


ROWS: dict[str, Row] = {}


def _add(row):
    if row.id in ROWS:
        raise ValueError(f"{row.id} is there twice")
    ROWS[row.id] = row


def attack(id, attack, expected, by, *, guarantee=None, needs=(), controls=(), no_control=None, test=None,
           accepted=False):
    """Makes the function below it the way in which row `id` is attacked."""
    def decorate(run):
        _add(Row(id, attack, expected, by, run, guarantee, tuple(needs), tuple(controls), no_control, test, accepted))
        return run
    return decorate


def elsewhere(id, attack, expected, by, test, guarantee=None, controls=(), no_control=None):
    """A row that no caller over HTTP can carry out: it takes root beside the pair, or a fault."""
    _add(Row(id, attack, expected, by, None, guarantee, (), tuple(controls), no_control, test, False))
