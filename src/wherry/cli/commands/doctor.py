"""``doctor``: what this host offers an engine, what it lacks, and how to mend that. Needs no engine."""

from pathlib import Path

from ..doctor.checks import MISSING, NOTE, OK, engine_can_run, examine
from ..doctor.facts import Verdict
from ..doctor.probes import gather
from ..flags import Command, Flag
from ..formats import HELP, Listing
from ..session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..formats import Fields

COMMAND = Command(
    "[OPTIONS]",
    "Check what this host offers an engine, and say how to mend what it lacks",
    (
        Flag(
            "data-root",
            "string",
            "Where the engine will keep its data",
            default="/var/lib/wherry",
            default_text='"/var/lib/wherry"',
        ),
        Flag("format", "string", HELP),
    ),
    aliases=("system doctor", "doctor"),
)
HEADERS = {"Check": "CHECK", "Found": "FOUND", "Mend": "MEND", "Status": "STATUS"}
RAW = """check: {{.Check}}
status: {{.Status}}
found: {{.Found}}
mend: {{.Mend}}
"""
COLOURS = {OK: "32", NOTE: "33", MISSING: "31"}


def doctor(session: Session, argv: list[str]) -> int:
    """Status 0 when an engine can run here, 1 when it cannot."""
    options = COMMAND.parse(argv, session.spelled)
    template = options["format"] or ""
    verdicts = examine(gather(Path(options["data-root"])))
    rows = [_fields(verdict) for verdict in verdicts]
    listing = Listing("*doctor.Verdict", HEADERS, ("Status", "Check", "Found"), RAW)
    if template in ("", "table"):
        _write_table(session, listing.table(rows), verdicts)
    else:
        listing.write(session.out, rows, template)
    return 0 if engine_can_run(verdicts) else 1


def _fields(verdict: Verdict) -> "Fields":
    return {
        "Check": lambda: verdict.check,
        "Found": lambda: verdict.found,
        "Mend": lambda: verdict.mend,
        "Status": lambda: verdict.status,
    }


def _write_table(session: Session, table: str, verdicts: list[Verdict]) -> None:
    header, *lines = table.splitlines()
    session.out.line(header)
    for line, verdict in zip(lines, verdicts, strict=True):
        colour = COLOURS[verdict.status]
        rest = line.removeprefix(verdict.status)
        session.out.line(f"\x1b[{colour}m{verdict.status}\x1b[0m{rest}" if session.has_colours else line)
    mends = [f"  {verdict.check}: {verdict.mend}" for verdict in verdicts if verdict.mend]
    if mends:
        session.out.line("\nTo mend:")
    for mend in mends:
        session.out.line(mend)
