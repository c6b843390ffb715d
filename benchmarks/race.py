"""Samples of all contestants, in turn."""

import subprocess
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from wherry.client.connection import ApiError, CannotConnect

from .benchmark import Benchmark, Row, Sampler
from .contestants import Contestant
from .daemons import DaemonFailed
from .workbench import Workbench

# How an engine or a client fails. Anything else is a fault of the benchmark and ends it.
FAILURES = (ApiError, CannotConnect, DaemonFailed, OSError, subprocess.SubprocessError)


@dataclass
class Outcome:
    """A row's samples and failures by contestant, in the row's unit."""

    row: Row
    samples: dict[str, list[float]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


def race(benchmark: Benchmark, contestants: Iterable[Contestant], bench: Workbench, rounds: int) -> list[Outcome]:
    """Run a benchmark. A contestant that fails leaves it, the others go on."""
    outcomes = {row.name: Outcome(row) for row in benchmark.rows}

    def fail(label: str, error: Exception) -> None:
        for outcome in outcomes.values():
            outcome.failures[label] = describe(error)

    with ExitStack() as stack:
        runners: dict[str, Sampler] = {}
        for contestant in contestants:
            try:
                sampler = stack.enter_context(benchmark.prepare(bench, contestant))
                for _ in range(benchmark.warm_ups):
                    sampler()
                runners[contestant.label] = sampler
            except FAILURES as error:
                fail(contestant.label, error)
        for number in range(rounds):
            for label in rotated(list(runners), number):
                try:
                    values = runners[label]()
                except FAILURES as error:
                    fail(label, error)
                    del runners[label]
                    continue
                for name, value in values.items():
                    outcomes[name].samples.setdefault(label, []).append(value)
    return list(outcomes.values())


def rotated(labels: Sequence[str], number: int) -> list[str]:
    """The labels with another one first in every round: none always runs behind the same other."""
    if not labels:
        return []
    first = number % len(labels)
    return [*labels[first:], *labels[:first]]


def describe(error: Exception) -> str:
    """One line about a failure; of a command, what it said."""
    if isinstance(error, subprocess.CalledProcessError):
        said = error.stderr.decode(errors="replace") if isinstance(error.stderr, bytes) else str(error.stderr or "")
        return f"exit {error.returncode}: {said.strip()[-300:]}"
    return f"{type(error).__name__}: {error}"[:600]
