"""The outcomes as a table to read and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .benchmark import Row
from .race import Outcome
from .summary import Summary, summarize

DOCKERD, PODMAN, WHERRY, WHERRY_CLI = "dockerd", "podman", "wherry", "wherry CLI"
HEADINGS = (
    *("", "unit", "n", "dockerd", "p95", "wherry", "p95", "ratio", "aim", "met"),
    *("wherry CLI", "ratio", "podman", "/podman"),
)


@dataclass(frozen=True)
class Line:
    """What the report says of one row; None where a contestant has no samples."""

    outcome: Outcome
    summaries: Mapping[str, Summary]

    def ratio(self, label: str, base: str = DOCKERD) -> float | None:
        """The contestant's median over that of another."""
        over, under = self.median(label), self.median(base)
        return over / under if over is not None and under else None

    def median(self, label: str) -> float | None:
        summary = self.summaries.get(label)
        return summary.median if summary else None

    @property
    def met(self) -> bool | None:
        """Whether wherry meets the row's aim; None without an aim or without dockerd."""
        label = WHERRY_CLI if self.outcome.row.by_own_client else WHERRY
        return self.outcome.row.met(self.ratio(label), self.median(label))


def line_of(outcome: Outcome) -> Line:
    return Line(outcome, {label: summarize(samples) for label, samples in outcome.samples.items() if samples})


def table(outcomes: Sequence[Outcome]) -> str:
    """Aligned columns, and under them what failed."""
    cells = [HEADINGS, *(_cells(line_of(outcome)) for outcome in outcomes)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [_aligned(row, widths) for row in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    failures = [
        f"FAILED {outcome.row.name}, {label}: {text}"
        for outcome in outcomes
        for label, text in outcome.failures.items()
    ]
    return "\n".join(line.rstrip() for line in [*lines, *failures])


def document(facts: Mapping[str, object], outcomes: Sequence[Outcome]) -> dict[str, object]:
    """The same for machines, with all samples."""
    return {"facts": dict(facts), "rows": [_entry(line_of(outcome)) for outcome in outcomes]}


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    words = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True)]
    numbers = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
    return "  ".join([*words, *numbers])


def _cells(line: Line) -> tuple[str, ...]:
    row = line.outcome.row
    count = max((summary.count for summary in line.summaries.values()), default=0)
    met = {None: "", True: "yes", False: "NO"}[line.met]
    return (
        row.title,
        row.unit,
        str(count),
        *_pair(line.summaries.get(DOCKERD)),
        *_pair(line.summaries.get(WHERRY)),
        _number(line.ratio(WHERRY)),
        _aim(row),
        met,
        _number(line.median(WHERRY_CLI)),
        _number(line.ratio(WHERRY_CLI)),
        _number(line.median(PODMAN)),
        _number(line.ratio(WHERRY, PODMAN)),
    )


def _aim(row: Row) -> str:
    if row.aim is not None:
        return f"{'≥' if row.more_is_better else '≤'} {row.aim:.2f}"
    return "" if row.limit is None else f"≤ {row.limit:g} {row.unit}"


def _pair(summary: Summary | None) -> tuple[str, str]:
    return (_number(summary.median), _number(summary.p95)) if summary else ("–", "–")


def _number(value: float | None) -> str:
    """Three digits that count."""
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _entry(line: Line) -> dict[str, object]:
    row = line.outcome.row
    return {
        "name": row.name,
        "title": row.title,
        "unit": row.unit,
        "more_is_better": row.more_is_better,
        "aim": row.aim,
        "limit": row.limit,
        "ratio": line.ratio(WHERRY),
        "ratio_own_client": line.ratio(WHERRY_CLI),
        "ratio_to_podman": line.ratio(WHERRY, PODMAN),
        "met": line.met,
        "contestants": {
            label: {"median": summary.median, "p95": summary.p95, "samples": line.outcome.samples[label]}
            for label, summary in line.summaries.items()
        },
        "failures": line.outcome.failures,
    }
