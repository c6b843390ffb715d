"""A benchmark: what it measures, how often, and the function that does it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from .contestants import Contestant
from .workbench import Workbench

# One sample of each of the benchmark's rows, by row name.
Sampler = Callable[[], Mapping[str, float]]


@dataclass(frozen=True)
class Row:
    """One line of the report.

    ``aim``: what wherry / dockerd should be at most (at least if more is better), through the same client; through
    wherry's own if ``by_own_client``. ``limit``: what wherry's own figure should be at most, in the row's unit.
    """

    name: str
    title: str
    unit: str
    aim: float | None = None
    limit: float | None = None
    more_is_better: bool = False
    by_own_client: bool = False

    def met(self, ratio: float | None, figure: float | None) -> bool | None:
        """Whether the aim or the limit is met; None if there is none or what it is about was not measured."""
        if self.aim is not None and ratio is not None:
            return ratio >= self.aim if self.more_is_better else ratio <= self.aim
        if self.limit is not None and figure is not None:
            return figure <= self.limit
        return None


@dataclass(frozen=True)
class Benchmark:
    """``prepare`` sets a contestant up and cleans up behind it. ``quick_rounds`` of 0: not part of ``--quick``."""

    name: str
    rows: tuple[Row, ...]
    rounds: int
    quick_rounds: int
    warm_ups: int
    own_client: bool
    alone: bool
    prepare: Callable[[Workbench, Contestant], AbstractContextManager[Sampler]]


def benchmark(
    name: str,
    *rows: Row,
    rounds: int,
    quick_rounds: int = 0,
    warm_ups: int = 1,
    own_client: bool = False,
    alone: bool = False,
) -> Callable[[Callable[[Workbench, Contestant], Iterator[Sampler]]], Benchmark]:
    """Make a benchmark of a generator function that yields a sampler once.

    ``warm_ups``: samples a contestant that are not counted. ``own_client``: measure wherry with its own command too.
    ``alone``: measure wherry only, through the docker command.
    """

    def decorate(function: Callable[[Workbench, Contestant], Iterator[Sampler]]) -> Benchmark:
        return Benchmark(name, rows, rounds, quick_rounds, warm_ups, own_client, alone, contextmanager(function))

    return decorate
